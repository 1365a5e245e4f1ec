import fc from 'fast-check';
import type { Passed } from '../support/fault-points.js';

/**
 * The operations of a journey, in order; `succeed` is the bind of a successor, `shrink` another update, `authority` and
 * `key-file` are what is rotated.
 */
export const parts = [
  'provision',
  'bind',
  'succeed',
  'authority',
  'key-file',
  'update',
  'shrink',
  'unbind',
  'deprovision',
] as const;
export type Part = (typeof parts)[number];

const kinds: Partial<Record<Part, string>> = {
  succeed: 'bind',
  authority: 'rotate',
  'key-file': 'rotate',
  shrink: 'update',
};

/** A point that is to be struck in one operation of a journey. */
export interface Task {
  readonly part: Part;
  readonly point: string;
}

/** The operation's kind in the store. */
export const kindOf = (part: Part): string => kinds[part] ?? part;

/** What was passed in one operation of a journey that nothing disturbed. */
export interface Leg {
  readonly part: Part;
  /** Its id. */
  readonly operation: string;
  readonly passed: readonly Passed[];
}

/** Kind, step and title of a point's name: `provision/objects/apply Secret tls/before`. */
function read(point: string) {
  const [kind = '', step = '', ...rest] = point.split('/');
  const title = rest.slice(0, -1).join('/');
  const [, titleKind] = /^(?:accept|apply|take) ([a-z]+)$/.exec(title) ?? [];
  return { kind: kind === '-' ? titleKind : kind, step, title, moment: rest.at(-1) };
}

/** Every point with each operation in which it is passed. */
export function tasksOf(legs: readonly Leg[]): readonly Task[] {
  const owners = new Map(legs.map(({ operation, part }) => [operation, part]));
  const known = [...new Set(legs.map(({ part }) => part))];
  const tasks = new Map<string, Task>();
  for (const leg of legs) {
    for (const { point, operation } of leg.passed) {
      const { kind } = read(point);
      const owner = operation === undefined ? undefined : owners.get(operation);
      const concerned = owner ? [owner] : kind ? known.filter((part) => kindOf(part) === kind) : [leg.part];
      for (const part of concerned) tasks.set(`${part} ${point}`, { part, point });
    }
  }
  return [...tasks.values()];
}

export interface StepName {
  readonly kind: string;
  readonly key: string;
}

/** The steps that no point is before, or after: neither an effect of their own, nor the record that they are done. */
export function uncovered(steps: readonly StepName[], tasks: readonly Task[]): readonly string[] {
  const points = tasks.map(({ point }) => read(point));
  const isCovered = ({ kind, key }: StepName, moment: string) =>
    points.some(
      (point) =>
        point.kind === kind &&
        point.moment === moment &&
        (point.step === key || (point.step === '-' && isRecordOf(point.title, key))),
    );
  return steps
    .filter((step) => !isCovered(step, 'before') || !isCovered(step, 'after'))
    .map(({ kind, key }) => `${kind}/${key}`);
}

const isRecordOf = (title: string, key: string): boolean => {
  const [verb = '', ...keys] = title.split(' ');
  return ['record', 'finish'].includes(verb) && keys.includes(key);
};

/** In an order of the seed's. */
export function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const [order = []] = fc.sample(fc.shuffledSubarray([...items], { minLength: items.length }), { seed, numRuns: 1 });
  return order;
}

/** At most `most` of them, in an order of the seed's, the same number of each part as far as there are so many. */
export function selected(tasks: readonly Task[], most: number, seed: number): readonly Task[] {
  const all = shuffled(tasks, seed);
  const rank = new Map(parts.flatMap((part) => all.filter((task) => task.part === part).map((task, at) => [task, at])));
  return [...all].sort((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0)).slice(0, most);
}
