import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, nextBlock } from '../../src/audit/block.js';
import { AuditKey, openAuditKey } from '../../src/store/audit-keys.js';
import type { AuditBlockRecord } from '../../src/store/audit-records.js';
import { KeyRing } from '../../src/store/encryption.js';
import { AuditChain } from '../support/audit-chain.js';
import { CommandProcess } from '../support/command-process.js';

/** What somebody can do to the audit who can write whatever they like to the store, and has no key. */

let chain: AuditChain;
let blocks: readonly AuditBlockRecord[];
beforeEach(async () => {
  chain = await AuditChain.make();
  blocks = [await chain.block(3), await chain.block(2), await chain.block(4)];
});
afterEach(() => chain.remove());

const block = (number: number): AuditBlockRecord => blocks[number - 1] ?? never();
const eventOf = (number: number): string => block(number).events[0]?.id ?? never();
const headOf = (number: number) => ({ number, mac: block(number).mac });
const deviations = async (expected?: Parameters<AuditChain['verify']>[0]) => (await chain.verify(expected)).deviations;
const seal = async () => await (await chain.sealer()).seal();

/** A key that they made themselves. */
const forged = () => new AuditKey(1, new Date(0), randomBytes(32));

it('an audit that nobody has changed is as it was written', async () => {
  const expected = { head: headOf(3), events: 9, waiting: 0, older: 0, deviations: [] };
  expect(await chain.verify()).toEqual(expected);
  expect(await chain.verify(headOf(2))).toEqual(expected);
});

describe('an event', () => {
  it('that is changed is told', async () => {
    await chain.store.auditEvents.updateOne({ _id: eventOf(2) }, { $set: { platform: 'another' } });
    expect(await deviations()).toEqual([`event ${eventOf(2)} of block 2 was changed`]);
  });

  it('that is changed deep inside, and back in time, is told', async () => {
    await chain.store.auditEvents.updateOne({ _id: eventOf(1) }, { $set: { 'originatingIdentity.value.user': 'v' } });
    await chain.store.auditEvents.updateOne({ _id: eventOf(3) }, { $set: { at: new Date(0) } });
    expect(await deviations()).toEqual([
      `event ${eventOf(1)} of block 1 was changed`,
      `event ${eventOf(3)} of block 3 was changed`,
    ]);
  });

  it('that is removed is told', async () => {
    await chain.store.auditEvents.deleteOne({ _id: eventOf(2) });
    expect(await deviations()).toEqual([`event ${eventOf(2)} of block 2 is missing`]);
  });

  it('that is added is told', async () => {
    const event = chain.event();
    await chain.store.auditEvents.insertOne(event);
    expect(await deviations()).toEqual([
      `event ${event._id} (${event.at.toISOString()}) is in no block: no broker wrote it, or its block was removed`,
    ]);
  });

  it('that is added with a note, which only a broker can write, is told before and after it is sealed', async () => {
    const [id] = await chain.write(1, forged());
    expect(await deviations()).toEqual([`event ${id}, which waits for its block, is not as a broker wrote it`]);
    await seal();
    expect(await deviations()).toEqual([`event ${id} of block 4 was not as a broker wrote it when it was sealed`]);
  });

  it('that is changed before it is sealed is told', async () => {
    const [id = ''] = await chain.write(1);
    expect((await chain.verify()).waiting).toBe(1);
    await chain.store.auditEvents.updateOne({ _id: id }, { $set: { platform: 'another' } });
    expect(await deviations()).toEqual([`event ${id}, which waits for its block, is not as a broker wrote it`]);
    await seal();
    expect(await deviations()).toEqual([`event ${id} of block 4 was not as a broker wrote it when it was sealed`]);
  });

  it('that is removed before it is sealed is told', async () => {
    const [id = ''] = await chain.write(2);
    await chain.store.auditEvents.deleteOne({ _id: id });
    expect(await deviations()).toEqual([`event ${id}, which waits for its block, is missing`]);
    await seal();
    expect(await deviations()).toEqual([`event ${id} of block 4 was removed before it was sealed`]);
  });

  it('whose note is removed before it is sealed is told', async () => {
    const [id = ''] = await chain.write(1);
    await chain.store.unsealedEvents.deleteOne({ _id: id });
    expect(await deviations()).toEqual([expect.stringMatching(`^event ${id} .* is in no block`)]);
  });
});

describe('a block', () => {
  it('that is changed along with its event is told', async () => {
    await chain.store.auditEvents.updateOne({ _id: eventOf(2) }, { $set: { platform: 'another' } });
    const event = (await chain.store.auditEvents.findOne({ _id: eventOf(2) })) ?? never();
    await chain.store.auditChain.updateOne({ _id: 2 }, { $set: { 'events.0.digest': digestOf(event) } });
    expect(await deviations()).toEqual(['block 2 was changed']);
  });

  it('that loses an event, which is removed too, is told', async () => {
    await chain.store.auditEvents.deleteOne({ _id: eventOf(2) });
    await chain.store.auditChain.updateOne({ _id: 2 }, { $pop: { events: -1 } });
    expect(await deviations()).toEqual(['block 2 was changed']);
  });

  it('that is removed is told, with its events', async () => {
    await chain.store.auditChain.deleteOne({ _id: 2 });
    const [first, ...others] = await deviations();
    expect(first).toBe('block 2 is missing');
    expect(others).toHaveLength(2);
    for (const { id } of block(2).events) expect(others.join('\n')).toContain(`event ${id} `);
  });

  it('that is removed, and those after it given its number, is told', async () => {
    await chain.store.auditChain.deleteMany({ _id: { $in: [2, 3] } });
    await chain.store.auditChain.insertOne({ ...block(3), _id: 2, previous: block(1).mac });
    expect((await deviations())[0]).toBe('block 2 was changed');
  });

  it('that another takes the place of, made with the key, is told by the next one', async () => {
    const { events, at } = block(2);
    const key = await openAuditKey(chain.store, chain.ring);
    await chain.store.auditChain.replaceOne({ _id: 2 }, nextBlock(block(1), { at, events: events.slice(1) }, key));
    expect((await deviations())[0]).toBe('block 3 does not follow the block before it: that one was replaced');
  });

  it('of the end is told by its events, and, where they are removed too, by the head that the log had', async () => {
    await chain.store.auditChain.deleteOne({ _id: 3 });
    expect(await deviations()).toHaveLength(4);
    await chain.store.auditEvents.deleteMany({ _id: { $in: block(3).events.map(({ id }) => id) } });
    expect(await deviations()).toEqual([]);
    expect(await deviations(headOf(3))).toEqual(['the chain ends with block 2: blocks 3 to 3 were cut off']);
  });
});

describe('a chain that is made anew', () => {
  async function remake(key: AuditKey): Promise<void> {
    await chain.store.auditChain.deleteMany({});
    let head: AuditBlockRecord | undefined;
    for (const { at, events } of blocks) {
      head = nextBlock(head, { at, events: events.slice(1) }, key);
      await chain.store.auditChain.insertOne(head);
    }
    await chain.store.auditEvents.deleteMany({ _id: { $in: [1, 2, 3].map(eventOf) } });
  }

  it('without the key is told from its first block on', async () => {
    await remake(forged());
    expect(await deviations()).toEqual(['block 1 was changed', 'block 2 was changed', 'block 3 was changed']);
  });

  it('with a key of their own in place of the real one is told', async () => {
    const ring = new KeyRing([{ id: 'test', key: randomBytes(32) }]);
    const made = { secret: randomBytes(32).toString('base64'), since: new Date(0).toISOString() };
    await chain.store.auditKeys.updateOne({ _id: 1 }, { $set: { key: ring.seal(made, 'audit_keys/1/key') } });
    await expect(chain.verify()).rejects.toThrow('the audit key 1 in the store was changed and does not open');
  });

  it('with a key that the ring does not have is told', async () => {
    const ring = new KeyRing([{ id: 'theirs', key: randomBytes(32) }]);
    const made = { secret: randomBytes(32).toString('base64'), since: new Date(0).toISOString() };
    await chain.store.auditKeys.updateOne({ _id: 1 }, { $set: { key: ring.seal(made, 'audit_keys/1/key') } });
    expect((await deviations())[0]).toBe('block 1 cannot be checked: no encryption key opens the audit key 1');
  });

  it('by whoever has the key, too, is told by a head that the log had', async () => {
    await remake(await openAuditKey(chain.store, chain.ring));
    expect(await deviations()).toEqual([]);
    expect((await deviations(headOf(2)))[0]).toMatch(
      /^block 2 has the mac \w{64}, and not \w{64}: the chain was made anew$/,
    );
  });

  it('that is removed with its key, as if there never was one, is told by a head that the log had', async () => {
    await chain.store.auditChain.deleteMany({});
    await chain.store.auditKeys.deleteMany({});
    expect(await chain.verify()).toEqual({ head: undefined, events: 0, waiting: 0, older: 9, deviations: [] });
    expect(await deviations(headOf(3))).toEqual(['the chain ends with block 0: blocks 1 to 3 were cut off']);
  });

  it('after its key was removed keeps a broker from starting', async () => {
    await chain.store.auditKeys.deleteMany({});
    await expect(openAuditKey(chain.store, chain.ring)).rejects.toThrow(
      'the store has an audit chain, but its key is gone',
    );
  });
});

describe('the sealer', () => {
  it('seals each event once, however many of it run at once', async () => {
    await chain.write(300);
    const sealers = await Promise.all(Array.from({ length: 6 }, () => chain.sealer()));
    await Promise.all(
      sealers.map(async (sealer) => {
        while ((await chain.store.unsealedEvents.countDocuments()) > 0) await sealer.seal();
      }),
    );
    expect(await chain.verify()).toMatchObject({ events: 309, waiting: 0, deviations: [] });
    const sealed = await chain.store.auditChain.find().toArray();
    expect(sealed.flatMap(({ events }) => events)).toHaveLength(309);
  });

  it('makes several blocks of very many events', async () => {
    const note = (await chain.write(1)).length;
    const events = Array.from({ length: 2_500 }, () => chain.event());
    await chain.store.auditEvents.insertMany(events);
    const key = await openAuditKey(chain.store, chain.ring);
    await chain.store.unsealedEvents.insertMany(
      events.map((event) => ({ _id: event._id, at: event.at, key: 1, mac: key.mac('event', event) })),
    );
    await seal();
    expect(await chain.verify()).toMatchObject({ head: { number: 6 }, events: 9 + note + 2_500, deviations: [] });
  });
});

describe('npm run audit:verify', () => {
  const verify = async (...options: string[]) => {
    const command = new CommandProcess('verify-audit', chain.environment, options);
    return { code: await command.exit, output: command.output };
  };

  it('ends well, and tells the head, where nothing was changed', async () => {
    const { mac } = block(3);
    expect(await verify('--head', `3:${mac}`)).toEqual({
      code: 0,
      output: [`the chain ends with block 3, head 3:${mac}`, '9 events are in the chain', 'nothing deviates'],
    });
  });

  it('ends with 1, and tells what was changed first, where something was', async () => {
    await chain.store.auditEvents.deleteOne({ _id: eventOf(2) });
    const { code, output } = await verify();
    expect([code, output[0], output.at(-1)]).toEqual([
      1,
      `event ${eventOf(2)} of block 2 is missing`,
      'the audit was changed',
    ]);
  });

  it('ends with 1 where the chain lacks the head that it is told', async () => {
    expect((await verify('--head', `7:${block(3).mac}`)).output[0]).toBe(
      'the chain ends with block 3: blocks 4 to 7 were cut off',
    );
  });

  it.each(['3', '0:00', 'x'])('refuses --head %s', async (head) => {
    expect(await verify('--head', head)).toEqual({
      code: 1,
      output: [`--head holds "${head}", and may hold NUMBER:MAC of a block, as the log tells it`],
    });
  });
});

function never(): never {
  throw new Error('the chain is not as it was made');
}
