import { expect, it } from 'vitest';
import { differences } from '../../recovery/findings.js';

it.each<[string, readonly string[], readonly string[], readonly string[]]>([
  ['nothing', ['a', 'a', 'b'], ['b', 'a', 'a'], []],
  ['what is missing', ['a'], ['a', 'b'], ['lost: things: missing b']],
  ['what is there twice', ['a', 'a'], ['a'], ['duplicated: things: too many a']],
  ['both', ['a', 'c'], ['a', 'b'], ['lost: things: missing b', 'duplicated: things: too many c']],
])('differences tell %s', (_name, actual, expected, told) => {
  expect(differences('things', actual, expected).map(({ sort, text }) => `${sort}: ${text}`)).toEqual(told);
});
