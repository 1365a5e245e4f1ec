import { percentile } from '../report.js';

/** What a process had at some time. */
export interface Sample {
  readonly role: string;
  readonly isElder: boolean;
  /** Seconds since the run began. */
  readonly at: number;
  /** Seconds since the process was started. */
  readonly age: number;
  readonly bytes: number;
}

/** The same of young processes early and late, and of those that ran all the time. */
export interface Growth {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly ratio: number;
}

/** Ages that are compared with each other, in seconds; below, a process still loads its code. */
const ages = [
  { name: 'aged 1 to 3 min', least: 60, most: 180 },
  { name: 'aged 3 to 10 min', least: 180, most: 600 },
];
const warmUpSeconds = 60;

/** How the median memory of comparable processes changed from the first third of a run to its last. */
export function growthOf(samples: readonly Sample[], seconds: number): readonly Growth[] {
  return [...new Set(samples.map(({ role }) => role))].flatMap((role) => {
    const ofRole = samples.filter((sample) => sample.role === role);
    const elders = ofRole.filter(({ isElder, age }) => isElder && age >= warmUpSeconds);
    const young = ages.map(({ name, least, most }) =>
      compare(
        `${role} ${name}`,
        ofRole.filter(({ isElder, age }) => !isElder && age >= least && age < most),
        seconds,
      ),
    );
    return [compare(`${role} that ran all the time`, elders, seconds), ...young].filter(
      (growth) => growth !== undefined,
    );
  });
}

function compare(what: string, samples: readonly Sample[], seconds: number): Growth | undefined {
  const median = (part: readonly Sample[]) =>
    percentile(
      part.map(({ bytes }) => bytes),
      0.5,
    );
  const first = median(samples.filter(({ at }) => at < seconds / 3));
  const last = median(samples.filter(({ at }) => at >= (seconds * 2) / 3));
  return Number.isNaN(first) || Number.isNaN(last) ? undefined : { what, first, last, ratio: last / first };
}
