import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';
import { OperatorError, UserError } from '../../../src/operations/errors.js';
import {
  couldBeginAt,
  describe as describeStage,
  doneRecords,
  remaining,
  runStage,
  verdictOf,
} from '../../../src/operations/stage.js';
import { done, type Step, type StepOutcome, wait } from '../../../src/operations/step.js';

const context = { signal: new AbortController().signal, log: createLogger('silent') };
const step = (key: string, run: () => Promise<StepOutcome> = async () => done): Step => ({
  key,
  description: `doing ${key}`,
  run,
});
const waits = (key: string) => step(key, async () => wait(`${key} is not there`));
const throws = (key: string, error: unknown) =>
  step(key, async () => {
    throw error;
  });
const broken = new Error('connection reset');

describe('a stage', () => {
  it.each([
    ['all done', [step('a'), step('b')], { kind: 'done' }],
    ['one waits', [step('a'), waits('b')], { kind: 'wait', reason: 'b is not there' }],
    ['two wait', [waits('a'), waits('b')], { kind: 'wait', reason: 'a is not there; b is not there' }],
    ['a passing error counts more than a wait', [waits('a'), throws('b', broken)], { kind: 'retry', error: broken }],
    [
      'a user error counts most',
      [throws('a', broken), throws('b', new UserError('no'))],
      { kind: 'failed', by: 'user' },
    ],
    ['an operator error is final', [throws('a', new OperatorError('no'))], { kind: 'failed', by: 'operator' }],
  ])('%s', async (_name, stage, verdict) => {
    expect(verdictOf(await runStage(stage, context))).toMatchObject(verdict);
  });

  it('keeps what is done although another step is not', async () => {
    const records = doneRecords(await runStage([step('a'), waits('b'), throws('c', broken)], context));
    expect(Object.keys(records)).toEqual(['a']);
  });

  it('runs its steps side by side', async () => {
    let meet: () => void = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const first = step('first', () => met.then(() => done));
    const second = step('second', async () => {
      meet();
      return done;
    });
    expect(verdictOf(await runStage([first, second], context))).toEqual({ kind: 'done' });
  });

  it('leaves out what is done', () => {
    const stages = [[step('a')], [step('b'), step('c')], [step('d')]];
    const keys = remaining(stages, new Set(['a', 'c'])).map((stage) => stage.map(({ key }) => key));
    expect(keys).toEqual([['b'], ['d']]);
  });

  it('is described once where its steps do the same', () => {
    const same = (key: string): Step => ({ ...step(key), description: 'starting the members' });
    expect(describeStage([same('a'), same('b'), step('c')])).toBe('starting the members; doing c');
  });
});

describe('when a step could begin', () => {
  const at = (second: number) => new Date(second * 1_000);
  const ended = (second: number) => ({ endedAt: at(second) });
  const stages = [[step('a')], [step('b'), step('c')], [step('d')]];

  it.each([
    ['of the first stage: with the operation', 'a', {}, 1],
    ['of a later one: when the last before it was done', 'd', { a: ended(2), b: ended(9), c: ended(4) }, 9],
    ['however early those beside it are done', 'c', { a: ended(2), b: ended(3) }, 2],
    ['where what was before is no part of it any more: with the operation', 'b', { former: ended(5) }, 1],
    ['that is in no stage: with the operation', 'x', { a: ended(2) }, 1],
  ])('%s', (_name, key, done, second) => {
    expect(couldBeginAt(key, stages, done, at(1))).toEqual(at(second));
  });
});
