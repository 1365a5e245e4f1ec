import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { brokerLabel, instanceLabel, managedBy, managedByLabel } from '../../src/kubernetes/labels.js';
import { createLogger } from '../../src/observability/logger.js';
import { removeOrphans, reportMissing, type Stored } from '../../src/services/cluster-comparison.js';
import { OrphansRepository } from '../../src/store/orphans.repository.js';
import { Store } from '../../src/store/store.js';
import { admin, kinds, never } from '../support/admin-cluster.js';
import { type Scratch, scratch } from '../support/scratch.js';

const brokerId = `test-${randomBytes(4).toString('hex')}`;
const made: string[] = [];
let place: Scratch;
let store: Store;
let said: Record<string, unknown>[];

/** What the tasks log, as the operators' logs have it. */
const log = createLogger('info', { write: (line) => void said.push(JSON.parse(line)) });
const ids = { living: 'living', gone: 'gone', other: 'other' };

const stored = (over: Partial<Stored> = {}): Stored => ({
  idsInUse: async () => [],
  livingAmong: async (asked) => new Set(asked.filter((id) => id === ids.living)),
  noteOrphans: (names, grace) => new OrphansRepository(store).note(names, grace),
  ...over,
});

async function makeNamespace(purpose: string, labels: Record<string, string>): Promise<string> {
  const name = `m-${brokerId}-${purpose}`;
  made.push(name);
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, never);
  return name;
}

const ours = { [managedByLabel]: managedBy, [brokerLabel]: brokerId };
const isThere = async (name: string) => {
  const namespace = await admin.read(kinds.namespace, { name }, never);
  return namespace !== undefined && namespace.metadata?.deletionTimestamp === undefined;
};
const reported = () => said.map(({ level, msg, namespace, removed }) => ({ level, msg, namespace, removed }));
const about = (namespace: string, removed: boolean) => ({
  level: 'warn',
  msg: 'no instance owns this namespace',
  namespace,
  removed,
});

beforeAll(() => {
  place = scratch();
  store = Store.open(place.storeUrl);
});
beforeEach(() => {
  said = [];
});
afterAll(async () => {
  await Promise.all(made.map((name) => admin.remove(kinds.namespace, { name }, never)));
  await store.close();
  await place.remove();
});

describe('namespaces of ours that no instance owns', () => {
  let orphan: string;
  let nameless: string;
  let spared: readonly string[];
  const round = (graceSeconds: number) => removeOrphans(admin, stored(), { brokerId, graceSeconds }, log).run();

  beforeAll(async () => {
    orphan = await makeNamespace('orphan', { ...ours, [instanceLabel]: ids.gone });
    nameless = await makeNamespace('nameless', ours);
    spared = [
      await makeNamespace('living', { ...ours, [instanceLabel]: ids.living }),
      await makeNamespace('of-another-broker', { ...ours, [brokerLabel]: `${brokerId}-2`, [instanceLabel]: ids.gone }),
      await makeNamespace('of-another-maker', { [brokerLabel]: brokerId, [instanceLabel]: ids.gone }),
    ];
  });

  it('are reported at each look, and stay during the grace time', async () => {
    await round(3600);
    await round(3600);
    expect(reported().filter(({ namespace }) => namespace === orphan)).toEqual([
      about(orphan, false),
      about(orphan, false),
    ]);
    expect(await isThere(orphan)).toBe(true);
  });

  it('stay for ever where the grace time is 0', async () => {
    await round(0);
    expect(reported()).toContainEqual(about(orphan, false));
    expect(await isThere(orphan)).toBe(true);
  });

  it('D3: are removed when the grace time has passed since they were first seen, by whichever broker', async () => {
    await store.orphans.updateMany({}, [{ $set: { since: { $subtract: ['$$NOW', 10_000] } } }]);
    await round(10);
    expect(reported()).toContainEqual(about(orphan, true));
    expect(await isThere(orphan)).toBe(false);
  });

  it('are only reported where they do not tell whose they were', async () => {
    expect(reported()).toEqual([]);
    await round(10);
    expect(reported()).toContainEqual(about(nameless, false));
    expect(await isThere(nameless)).toBe(true);
  });

  it('are neither those of living instances, nor of other brokers, nor what somebody else made', async () => {
    await store.orphans.updateMany({}, [{ $set: { since: { $subtract: ['$$NOW', 10_000] } } }]);
    await round(10);
    const names = reported().map(({ namespace }) => namespace);
    for (const name of spared) {
      expect(names).not.toContain(name);
      expect(await isThere(name)).toBe(true);
    }
  });

  it('begin their time anew where they had an owner meanwhile', async () => {
    await store.orphans.deleteMany({});
    await store.orphans.insertOne({ _id: 'was-an-orphan', since: new Date(0) });
    await round(3600);
    expect(await store.orphans.findOne({ _id: 'was-an-orphan' })).toBeNull();
  });
});

describe('instances whose objects are gone', () => {
  const used = (idsInUse: () => Promise<readonly string[]>) => stored({ idsInUse });

  it('are reported with what is missing', async () => {
    await makeNamespace('emptied', { ...ours, [instanceLabel]: ids.other });
    await reportMissing(
      admin,
      used(async () => ['vanished', ids.other]),
      brokerId,
      log,
    ).run();
    expect(said).toMatchObject([
      {
        level: 'error',
        instance: 'vanished',
        missing: ['Namespace', 'StatefulSet'],
        msg: 'the objects of an instance are gone',
      },
      { level: 'error', instance: ids.other, missing: ['StatefulSet'] },
    ]);
  });

  it('are not those that were deleted while the task looked', async () => {
    const answers = [['vanished'], []];
    await reportMissing(
      admin,
      used(async () => answers.shift() ?? []),
      brokerId,
      log,
    ).run();
    expect(said).toEqual([]);
  });
});
