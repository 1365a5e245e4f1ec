import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done } from '../../src/operations/step.js';
import type { Sold } from '../support/broker-driver.js';
import { isFull } from '../support/recovery-size.js';
import { StubBroker } from '../support/stub-broker.js';
import { type Answer, apiModel, type Request, type What } from './model/api-model.js';
import { explain, type Happening } from './model/linearizability.js';
import { type Play, Player } from './model/play.js';

/*
 * Clients of two brokers on one store ask for everything at once, of one instance id and two binding ids, while the steps
 * of their operations end, fail or wait: in whichever order, every answer must be one that the API's model can give, and
 * what is left in the store is what the model holds. `HOLDFAST_PLAY_SEED` repeats a run's choices.
 */

const seed = Number(process.env.HOLDFAST_PLAY_SEED ?? Date.now() % 2 ** 31);
const lanes = 8;
const seconds = isFull ? 300 : 6;
const shrinkSeconds = 100;

const binding = fc.constantFrom('b1', 'b2');
const colour = fc.constantFrom('red', 'blue');
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('provision' as const), colour }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('update' as const), colour }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deprovision' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fetch' as const, 'last operation' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('bind' as const), binding, role: fc.constantFrom('reader', 'writer') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unbind' as const), binding }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('fetch binding' as const, 'last operation of binding' as const),
      binding,
    }),
  },
);
const play: fc.Arbitrary<Play> = fc.record({
  prelude: fc.constantFrom([], [{ kind: 'provision', colour: 'red' }]),
  clients: fc.array(fc.array(request, { minLength: 2, maxLength: 6 }), { minLength: 2, maxLength: 4 }),
  outcomes: fc.array(fc.constantFrom('done', 'done', 'done', 'done', 'failed', 'wait'), { maxLength: 12 }),
  pauses: fc.array(fc.constantFrom(0, 0, 0, 2, 10, 25), { minLength: 1, maxLength: 8 }),
});

describe('two brokers on one store', () => {
  let brokers: readonly [StubBroker, StubBroker];
  let sold: Sold;
  const players = new Map<string, Player>();
  beforeAll(async () => {
    // Binds and unbinds wait for their end at one of them only.
    const first = await StubBroker.start({ HOLDFAST_SYNCHRONOUS_SECONDS: '0' });
    brokers = [first, await StubBroker.start({ HOLDFAST_SYNCHRONOUS_SECONDS: '1' }, first)];
    sold = await first.driver.sold('stub', 'small');
    first.service.stagesOf = { ...first.service.stagesOf, provision: [['first']] };
    first.service.behaviour = async (step) => (await players.get(step.instanceId)?.step(step)) ?? done;
  });
  afterAll(async () => {
    for (const player of players.values()) player.abandon();
    await brokers[1].stop();
    await brokers[0].end();
  });

  let explained = 0;
  const property = fc.asyncProperty(fc.scheduler(), play, async (scheduler, each) => {
    const player = new Player(brokers, sold, scheduler, each);
    players.set(player.instanceId, player);
    const history = await player.run();
    const verdict = explain(apiModel, history);
    if (!verdict.isExplained) throw new Error(describeFailure(history, verdict));
    explained += history.length;
  });

  it(`give answers that an order explains (seed ${seed})`, { timeout: (seconds + 240) * 1_000 }, async () => {
    const end = performance.now() + seconds * 1_000;
    let plays = 0;
    /** One play after the other; one that cannot be explained is made as small as it can be, and ends the test. */
    const lane = async () => {
      while (performance.now() < end) {
        const limits = { numRuns: 1, interruptAfterTimeLimit: shrinkSeconds * 1_000 };
        await fc.assert(property, { seed: seed + plays++, ...limits });
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    process.stdout.write(`${plays} plays, ${explained} happenings explained, seeds from ${seed}\n`);
    expect(explained).toBeGreaterThan(0);
  });
});

/** As `[from, until, what]`. */
type Line = readonly [number, number, What];

const asked = (request: Request, answer: Answer, became?: string): What => ({
  request,
  answer,
  ...(became !== undefined && { became }),
});
const put = (colour: string, answer: Answer, became?: string) => asked({ kind: 'provision', colour }, answer, became);
const remove = (answer: Answer, became?: string) => asked({ kind: 'deprovision' }, answer, became);
const last = (state: string) => asked({ kind: 'last operation' }, { status: 200, state });
const bind = (answer: Answer, became?: string) => asked({ kind: 'bind', binding: 'b', role: 'r' }, answer, became);
const started = (operation: string): Answer => ({ status: 202, operation });
const made: readonly Line[] = [
  [0, 1, put('red', started('op-1'), 'op-1')],
  [2, 3, { end: 'op-1', as: 'succeeded' }],
];

const isExplained = (lines: readonly Line[]) =>
  explain(
    apiModel,
    lines.map(([from, until, what]) => ({ from, until, what })),
  ).isExplained;

describe('the checker', () => {
  it.each<[string, readonly Line[]]>([
    ['requests one after the other', [...made, [4, 5, put('red', { status: 200 })], [6, 7, last('succeeded')]]],
    [
      'answers of requests that overlap, in whichever order',
      [
        [0, 9, put('blue', { status: 409 })],
        [1, 8, put('red', started('op-1'), 'op-1')],
        [2, 3, asked({ kind: 'fetch' }, { status: 404 })],
      ],
    ],
    [
      'a look at an operation that gave way between its two reads',
      [
        [0, 1, put('red', started('op-1'), 'op-1')],
        [2, 9, last('failed')],
        [3, 4, remove(started('op-2'), 'op-2')],
      ],
    ],
  ])('explains %s', (_, lines) => expect(isExplained(lines)).toBe(true));

  it.each<[string, readonly Line[]]>([
    [
      'two PUTs of different forms that are both accepted',
      [
        [0, 5, put('red', started('op-1'), 'op-1')],
        [0, 5, put('blue', started('op-2'), 'op-2')],
      ],
    ],
    [
      'the same PUT that is told of two operations',
      [
        [0, 5, put('red', started('op-1'), 'op-1')],
        [0, 5, put('red', started('op-2'))],
      ],
    ],
    [
      'an answer from the past',
      [...made, [4, 5, put('red', { status: 200 })], [6, 7, asked({ kind: 'fetch' }, { status: 404 })]],
    ],
    [
      'an operation that goes back',
      [
        [0, 9, made[0]?.[2] ?? last('')],
        [0, 9, { end: 'op-1', as: 'succeeded' }],
        [10, 11, last('succeeded')],
        [12, 13, last('in progress')],
      ],
    ],
    [
      'an operation that ends before it was let go on',
      [
        [0, 1, put('red', started('op-1'), 'op-1')],
        [2, 3, last('succeeded')],
        [4, 5, { end: 'op-1', as: 'succeeded' }],
      ],
    ],
    ['an end that nobody asked for', [...made, [4, 5, { end: 'op-2', as: 'succeeded' }]]],
    [
      'a bind that is accepted after the DELETE',
      [...made, [4, 5, remove(started('op-2'), 'op-2')], [6, 7, bind(started('op-3'), 'op-3')]],
    ],
    [
      'a bind and a DELETE that are both accepted and both succeed',
      [
        ...made,
        [4, 9, remove(started('op-2'), 'op-2')],
        [4, 9, bind(started('op-3'), 'op-3')],
        [10, 11, { end: 'op-2', as: 'succeeded' }],
        [12, 13, { end: 'op-3', as: 'succeeded' }],
      ],
    ],
    ['an instance that the store does not have', [...made, [8, 8, { store: { instance: null, bindings: {} } }]]],
    [
      'an operation that is never over',
      [...made.slice(0, 1), [8, 8, { store: { instance: 'creating', bindings: {} } }]],
    ],
  ])('refuses %s', (_, lines) => expect(isExplained(lines)).toBe(false));
});

function describeFailure(history: readonly Happening<unknown>[], verdict: ReturnType<typeof explain>): string {
  const began = Math.min(...history.map(({ from }) => from));
  const line = ({ what, from, until }: Happening<unknown>) =>
    `${Math.round(from - began)}–${Math.round(until - began)} ms ${JSON.stringify(what)}`;
  const lines = [...history].sort((one, other) => one.from - other.from).map(line);
  const rest = verdict.unexplained.map((what) => JSON.stringify(what));
  return ['no order explains', ...lines, 'left over after the longest order:', ...rest].join('\n');
}
