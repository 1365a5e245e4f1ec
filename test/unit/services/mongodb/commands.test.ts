import { type Db, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../src/operations/errors.js';
import {
  areWritesBlocked,
  readDefaultConcerns,
  setDefaultConcerns,
  setWriteBlocking,
} from '../../../../src/services/mongodb/members/commands.js';
import { writeWithMajority } from '../../../../src/services/mongodb/replica-set/verification.js';

const never = new AbortController().signal;

/** What a server answers that no test has at hand; what a real one does is tested end to end. */
function answering(reply: object): { readonly admin: Db; readonly asked: object[] } {
  const asked: object[] = [];
  const command = async (request: object) => {
    asked.push(request);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  return { admin: { command } as unknown as Db, asked };
}

describe('default concerns', () => {
  it.each([
    [{}, {}],
    [{ defaultWriteConcern: { w: 'majority' }, defaultWriteConcernSource: 'implicit' }, {}],
    [{ defaultReadConcern: { level: 'local' }, defaultReadConcernSource: 'implicit' }, {}],
    [
      { defaultWriteConcern: { w: 'majority', wtimeout: 0 }, defaultWriteConcernSource: 'global' },
      { write: 'majority' },
    ],
    [
      {
        defaultWriteConcern: { w: 1, wtimeout: 0 },
        defaultWriteConcernSource: 'global',
        defaultReadConcern: { level: 'available' },
        defaultReadConcernSource: 'global',
      },
      { write: 1, read: 'available' },
    ],
  ])('of %j are %j', async (reply, expected) => {
    expect(await readDefaultConcerns(answering(reply).admin, never)).toEqual(expected);
  });

  it.each([
    [{ write: 'majority' as const }, { defaultWriteConcern: { w: 'majority' } }],
    [
      { write: 1, read: 'majority' },
      { defaultWriteConcern: { w: 1 }, defaultReadConcern: { level: 'majority' } },
    ],
  ])('%j are set', async (concerns, expected) => {
    const { admin, asked } = answering({});
    await setDefaultConcerns(admin, concerns, never);
    expect(asked).toEqual([{ setDefaultRWConcern: 1, ...expected, writeConcern: { w: 'majority', wtimeout: 8_000 } }]);
  });
});

describe('blocked writes', () => {
  it.each([
    [undefined, false],
    [0, false],
    [1, false],
    [2, true],
  ])('with userWriteBlockMode %s: %s', async (userWriteBlockMode, expected) => {
    expect(await areWritesBlocked(answering({ repl: { userWriteBlockMode } }).admin, never)).toBe(expected);
  });

  it('are more than MongoDB before 6.0 can do', async () => {
    const unknown = new MongoServerError({ codeName: 'CommandNotFound', message: 'no such command' });
    await expect(setWriteBlocking(answering(unknown).admin, true, never)).rejects.toThrow(
      new UserError("the instance's MongoDB cannot block writes: 6.0 and later can"),
    );
  });
});

it('a write that the server refuses verifies nothing', async () => {
  const { admin, asked } = answering({ ok: 1, n: 0, writeErrors: [{ code: 371, errmsg: 'User writes blocked' }] });
  await expect(writeWithMajority(admin, never)).rejects.toThrow('a write is refused: User writes blocked');
  expect(asked).toHaveLength(1);
});
