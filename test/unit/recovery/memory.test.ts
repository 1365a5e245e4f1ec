import { describe, expect, it } from 'vitest';
import { growthOf, type Sample } from '../../recovery/soak/memory.js';

const hour = 3_600;
const minutes = Array.from({ length: 60 }, (_, minute) => minute);
const samples = (isElder: boolean, age: (at: number) => number, bytes: (at: number) => number): Sample[] =>
  minutes.map((minute) => ({
    role: 'worker',
    isElder,
    at: minute * 60,
    age: age(minute * 60),
    bytes: bytes(minute * 60),
  }));

describe('growth of memory', () => {
  it.each([
    ['a process that stays as it is', () => 100, 1],
    ['one that leaks', (at: number) => 100 + at, (100 + 2_940) / (100 + 600)],
  ])('is that of %s', (_name, bytes, ratio) => {
    const [growth] = growthOf(
      samples(true, (at) => at, bytes),
      hour,
    );
    expect(growth?.what).toBe('worker that ran all the time');
    expect(growth?.ratio).toBeCloseTo(ratio, 0);
  });

  it('compares processes of the same age only', () => {
    const young = samples(
      false,
      (at) => at % 240,
      (at) => at % 240,
    );
    expect(growthOf(young, hour)).toMatchObject([{ what: 'worker aged 1 to 3 min', ratio: 1 }, { ratio: 1 }]);
  });

  it('is not told where there is nothing to compare', () => {
    expect(
      growthOf(
        samples(
          false,
          () => 30,
          () => 1,
        ),
        hour,
      ),
    ).toEqual([]);
  });
});
