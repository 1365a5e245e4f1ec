import { describe, expect, it } from 'vitest';
import { type Leg, parts, selected, shuffled, tasksOf, uncovered } from '../../recovery/points.js';

const leg = (part: Leg['part'], operation: string, ...passed: Leg['passed']): Leg => ({ part, operation, passed });

describe('the tasks of a journey', () => {
  it.each<[string, readonly Leg[], readonly string[]]>([
    [
      'are of the operation that passed the point',
      [
        leg('bind', 'op-1', { point: 'bind/user/createUser/after', operation: 'op-1' }),
        leg('succeed', 'op-2', { point: 'bind/-/finish/before', operation: 'op-2' }),
      ],
      ['bind bind/user/createUser/after', 'succeed bind/-/finish/before'],
    ],
    [
      'are of the operation that it was, although it was passed late',
      [leg('bind', 'op-1'), leg('succeed', 'op-2', { point: '-/-/delay job/after', operation: 'op-1' })],
      ['bind -/-/delay job/after'],
    ],
    [
      'are of every operation of the kind that a request is for',
      [leg('bind', 'op-1', { point: '-/-/accept bind/before' }), leg('succeed', 'op-2')],
      ['bind -/-/accept bind/before', 'succeed -/-/accept bind/before'],
    ],
    [
      'are of the operation that ran, where the point tells of none',
      [leg('update', 'op-1', { point: '-/-/add job/before' })],
      ['update -/-/add job/before'],
    ],
    [
      'are each there once',
      [leg('update', 'op-1', { point: '-/-/add job/before' }, { point: '-/-/add job/before' })],
      ['update -/-/add job/before'],
    ],
  ])('%s', (_name, legs, expected) => {
    expect(tasksOf(legs).map(({ part, point }) => `${part} ${point}`)).toEqual(expected);
  });
});

describe('a step', () => {
  it.each([
    ['has effects of its own', ['provision/objects/apply Secret tls'], []],
    ['is only recorded', ['provision/-/record objects'], []],
    ['is recorded with others', ['provision/-/record namespace objects'], []],
    ['has no point', ['provision/-/record namespace'], ['provision/objects']],
    ['has points in another operation only', ['deprovision/objects/remove Secret tls'], ['provision/objects']],
    ['has a name that is part of another', ['provision/-/record objects-of-others'], ['provision/objects']],
  ])('%s', (_name, titles, expected) => {
    const points = titles.flatMap((title) => [`${title}/before`, `${title}/after`]);
    const tasks = points.map((point) => ({ part: 'provision' as const, point }));
    expect(uncovered([{ kind: 'provision', key: 'objects' }], tasks)).toEqual(expected);
  });

  it.each(['before', 'after'])('needs more than a point %s it', (moment) => {
    const tasks = [{ part: 'provision' as const, point: `provision/objects/apply Secret tls/${moment}` }];
    expect(uncovered([{ kind: 'provision', key: 'objects' }], tasks)).toEqual(['provision/objects']);
  });
});

describe('a selection', () => {
  const tasks = parts.flatMap((part) =>
    Array.from({ length: part === 'provision' ? 50 : 3 }, (_, at) => ({ part, point: `${part} ${at}` })),
  );

  it('has as many points of each operation', () => {
    const counts = parts.map(
      (part) => selected(tasks, 2 * parts.length, 1).filter((task) => task.part === part).length,
    );
    expect(counts).toEqual(parts.map(() => 2));
  });

  it('is the same for the same seed, and another for another', () => {
    expect(selected(tasks, 12, 1)).toEqual(selected(tasks, 12, 1));
    expect(selected(tasks, 12, 1)).not.toEqual(selected(tasks, 12, 2));
  });

  it('loses nothing where it is all', () => {
    expect(new Set(selected(tasks, tasks.length, 1))).toEqual(new Set(tasks));
    expect(new Set(shuffled(tasks, 1))).toEqual(new Set(tasks));
  });
});
