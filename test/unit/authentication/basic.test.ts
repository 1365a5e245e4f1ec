import bcrypt from 'bcrypt';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BasicPasswords } from '../../../src/authentication/basic.js';
import { costOf, leastCost, mostCost, paddingCosts } from '../../../src/authentication/password-work.js';

afterEach(() => vi.restoreAllMocks());

const hash = (password: string, cost = 4) => bcrypt.hashSync(password, cost).replace('$2b$', '$2y$');

function passwords(...credentials: readonly (readonly [user: string, password: string])[]): BasicPasswords {
  const known = new BasicPasswords();
  known.replace(credentials.map(([user, password]) => ({ user, password })));
  return known;
}

/** Without a hash. */
const atOnce = (known: BasicPasswords, user: string, password: string): boolean =>
  known.areKnown(user, password) || known.matchPlain(user, password);

/** The cost of each hash that is compared with. */
function watchWork(): number[] {
  const work: number[] = [];
  const compare = bcrypt.compare.bind(bcrypt);
  vi.spyOn(bcrypt, 'compare').mockImplementation(async (password, stored) => {
    work.push(costOf(stored) ?? 0);
    return await compare(password, stored);
  });
  return work;
}

describe('plain passwords', () => {
  const known = passwords(['a', 'old'], ['a', 'new'], ['b', 'x']);
  test.each([
    ['a', 'old', true],
    ['a', 'new', true],
    ['b', 'x', true],
    ['a', 'x', false],
    ['c', 'old', false],
    ['', '', false],
    ['a', '', false],
  ])('%s:%s %s', (user, password, expected) => {
    expect(atOnce(known, user, password)).toBe(expected);
  });
});

describe('hashed passwords', () => {
  const [old, next] = [hash('old'), hash('next')];

  test('any of several counts, and after that costs nothing', async () => {
    const known = passwords(['a', old], ['a', next], ['b', hash('x')]);
    expect(atOnce(known, 'a', 'old')).toBe(false);
    for (const password of ['old', 'next']) {
      expect(await known.matches('a', password)).toBe(true);
      expect(atOnce(known, 'a', password)).toBe(true);
      expect(atOnce(known, 'b', password)).toBe(false);
    }
    expect(await known.matches('a', 'x')).toBe(false);
    expect(atOnce(known, 'a', 'x')).toBe(false);
  });

  test('a hash is no password', async () => {
    const known = passwords(['a', old]);
    expect(atOnce(known, 'a', old)).toBe(false);
    expect(await known.matches('a', old)).toBe(false);
  });

  test('what was verified ends with its hash, and stays with it', async () => {
    const known = passwords(['a', old]);
    expect(await known.matches('a', 'old')).toBe(true);
    known.replace([
      { user: 'a', password: old },
      { user: 'a', password: next },
    ]);
    expect(atOnce(known, 'a', 'old')).toBe(true);
    known.replace([{ user: 'a', password: next }]);
    expect(atOnce(known, 'a', 'old')).toBe(false);
    expect(await known.matches('a', 'old')).toBe(false);
  });

  test('a check that the change of its hash overtakes decides by what is valid then', async () => {
    const known = passwords(['a', old]);
    const [overtaken] = [known.matches('a', 'old'), known.replace([{ user: 'a', password: next }])];
    expect(await overtaken).toBe(false);
    const [still] = [known.matches('a', 'next'), known.replace([{ user: 'a', password: hash('next') }])];
    expect(await still).toBe(true);
  });

  test('a wrong password, an unknown user and one with a plain password cost the same work', async () => {
    const known = passwords(['a', hash('x', 4)], ['b', hash('x', 5)], ['b', hash('y', 4)], ['plain', 'z']);
    const work = watchWork();
    const spent: number[] = [];
    for (const user of ['a', 'b', 'plain', 'nobody']) {
      work.length = 0;
      await known.matches(user, 'wrong');
      spent.push(work.reduce((total, cost) => total + 2 ** cost, 0));
    }
    expect(spent).toEqual([48, 48, 48, 48]);
  });
});

describe('the work for nothing', () => {
  test.each([
    [[], [], []],
    [[], [[10]], [10]],
    [[10], [[10]], []],
    [[4], [[4], [6]], [4, 5]],
    [[], [[14, 14, 14]], [14, 14, 14]],
    [[5], [[5], [4, 4, 4]], [4]],
  ])('besides %j of %j: %j', (own, all, expected) => {
    expect(paddingCosts(own, all)).toEqual(expected);
    for (const cost of paddingCosts(own, all)) expect([cost >= leastCost, cost <= mostCost]).toEqual([true, true]);
  });
});
