import { expect, it } from 'vitest';
import { runMatrix } from './matrix.js';
import { failuresOf, linesOf } from './report.js';
import { subjects } from './subject.js';

/*
 * The matrix of `npm run test:recovery`, but a selection of its points, and the same ones every time: RECOVERY_SEED
 * gives others.
 */
const seed = Number(process.env.RECOVERY_SEED ?? 5);
const pointsOfEach = 1;
const lanes = 3;
/** Six restarts of members take as long as all the rest: that is for the full size. */
const journey = subjects['replica-set'].journey.filter((part) => part !== 'key-file');
const subject = { ...subjects['replica-set'], journey };
const parts = [...new Set(subject.journey)];
const print = (line: string) => void process.stdout.write(`${line}\n`);

// At full size the whole matrix has just been run.
it.skipIf(process.env.RECOVERY === 'full')(
  `kill -9 at ${pointsOfEach} fault point of each operation loses nothing, makes nothing twice, leaves nothing over`,
  async () => {
    const matrix = await runMatrix({ subject, seed, points: pointsOfEach * parts.length, lanes, print });
    for (const line of linesOf(matrix)) print(line);
    expect(failuresOf(matrix)).toEqual([]);
    expect([...new Set(matrix.struck.map(({ part }) => part))].sort()).toEqual([...parts].sort());
  },
  600_000,
);
