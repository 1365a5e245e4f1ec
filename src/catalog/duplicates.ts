import { describe, type Located, positionOf } from '../yaml/located.js';
import { dotted } from '../yaml/problems.js';
import type { CatalogFile } from './catalog-file.js';

interface Named {
  readonly value: string;
  readonly path: readonly PropertyKey[];
}

/** Ids are unique in the whole catalog; names among the offerings, and among the plans of one. */
export function duplicates({ offerings }: CatalogFile, located: Located): string[] {
  const ids = offerings.flatMap((offering, o) => [
    { value: offering.id, path: ['offerings', o, 'id'] },
    ...offering.plans.map((plan, p) => ({ value: plan.id, path: ['offerings', o, 'plans', p, 'id'] })),
  ]);
  const offeringNames = offerings.map(({ name }, o) => ({ value: name, path: ['offerings', o, 'name'] }));
  const planNames = offerings.map(({ plans }, o) =>
    plans.map(({ name }, p) => ({ value: name, path: ['offerings', o, 'plans', p, 'name'] })),
  );
  return [ids, offeringNames, ...planNames].flatMap((values) => repeated(values, located));
}

function repeated(values: readonly Named[], located: Located): string[] {
  return values.flatMap(({ value, path }, index) => {
    const first = values.findIndex((other) => other.value === value);
    const before = values[first];
    if (before === undefined || first === index) return [];
    return [
      describe(positionOf(located, path), `${dotted(path)} "${value}" is that of ${dotted(before.path)} already`),
    ];
  });
}
