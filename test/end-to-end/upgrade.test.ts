import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Deployment, V1Namespace } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/store/records.js';
import { admin, kinds, never } from '../support/admin-cluster.js';
import { appClient, bind } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { eventually } from '../support/eventually.js';
import { canInstall, type InstalledBroker } from '../support/installed-broker.js';
import { addedMigration, nextRelease } from '../support/next-release.js';
import { SteadyLoad } from '../support/steady-load.js';

/*
 * A release goes over to the next, and each of its pods is deleted, while platforms ask. Both releases work side by side
 * meanwhile: the new one makes instances by another list of stages, and changes the store.
 */
const instances = Array.from({ length: 20 }, (_, index) => `upgraded-${index}`);
const perSecond = 100;

describe.runIf(canInstall())('a release that is replaced while it works', () => {
  let place: BrokerPlace;
  let installed: InstalledBroker;
  let broker: BrokerDriver;
  let sold: Sold;
  let load: SteadyLoad;
  const asked = new Set<string>();

  beforeAll(async () => {
    place = await BrokerPlace.open();
    const two = { replicas: 2 };
    broker = await place.install({ HOLDFAST_LOG_LEVEL: 'info' }, { api: two, worker: two, drainSeconds: 5 });
    installed = place.installedBroker;
    sold = await broker.sold('mongodb', 'developer');
  });
  afterAll(() => place.close(), 300_000);

  it('loses no request and no operation, by helm upgrade nor by the deletion of every pod', async () => {
    const next = await nextRelease(installed.chart);
    const paths = () => ['/v2/catalog', ...[...asked].map((id) => `/v2/service_instances/${id}/last_operation`)];
    load = new SteadyLoad({ url: installed.url, ...place.platform, perSecond, paths });
    const changes = async () => {
      await sleep(2_000);
      await installed.upgrade(next);
      await deleteEachPod();
    };
    const [states] = await Promise.all([provisionAll(), changes()]).finally(() => load.stop());
    expect(load.failures).toEqual([]);
    expect(states).toEqual(instances.map(() => 'succeeded'));
    const { length: count } = load.milliseconds;
    const slowest = Math.round(Math.max(...load.milliseconds));
    process.stdout.write(
      `helm upgrade, and every broker pod deleted: ${count} requests, ${load.failures.length} failed, the slowest took ${slowest} ms; ${states.length} provisions succeeded\n`,
    );
  }, 400_000);

  it('carries out what each release accepted by the list of stages that it was accepted with', async () => {
    const operations = await place.store
      .collection<OperationRecord>('operations')
      .find({ kind: 'provision' })
      .toArray();
    const versions = new Set(operations.map(({ procedureVersion }) => procedureVersion));
    expect([...versions].sort()).toEqual([2, 3]);
    for (const { procedureVersion, steps } of operations) expect('added' in steps).toBe(procedureVersion === 3);
    const migrations = await place.store.collection<{ _id: string }>('migrations').find().toArray();
    expect(migrations.map(({ _id }) => _id)).toContain(addedMigration);
  });

  it('is uninstalled without its databases, and says so', async () => {
    const [kept = ''] = instances;
    const app = await bind(broker, kept, 'an app', sold);
    const { namespace } = await place.instance(kept);
    expect(await installed.uninstall()).toContain('[ConfigMap] holdfast-databases-remain');
    expect(await installed.pods()).toEqual([]);
    const client = appClient(app);
    await client.db().collection('notes').insertOne({ written: 'without a broker' });
    await client.close();
    const left = await admin.read<V1Namespace>(kinds.namespace, { name: namespace }, never);
    expect(left?.metadata?.deletionTimestamp).toBeUndefined();
    await installed.upgrade(installed.chart);
    broker = place.driver(installed);
    expect((await broker.fetchBinding(kept, 'an app')).status).toBe(200);
  }, 120_000);

  /** Some before, some while, and some after the releases change. */
  async function provisionAll(): Promise<readonly string[]> {
    const ends: Promise<string>[] = [];
    for (const id of instances) {
      const { status, body } = await broker.provision(id, sold);
      if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}\n${await complaints()}`);
      asked.add(id);
      ends.push(broker.poll(id, { seconds: 300, everyMilliseconds: 500 }).then(({ state }) => state));
      await sleep(1_500);
    }
    return await Promise.all(ends);
  }

  async function complaints(): Promise<string> {
    const lines = (await installed.logs()).split('\n');
    return lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line)).join('\n');
  }

  /** Each when the one before is replaced. */
  async function deleteEachPod(): Promise<void> {
    const { namespace } = installed;
    for (const { metadata } of [...(await installed.pods('api')), ...(await installed.pods('worker'))]) {
      await admin.remove(kinds.pod, { namespace, name: metadata?.name ?? '' }, never);
      await sleep(500);
      await eventually(areReady, 60_000);
    }
  }

  async function areReady(): Promise<boolean> {
    const kind = { apiVersion: 'apps/v1', kind: 'Deployment' };
    const all = await admin.list<V1Deployment>(kind, { namespace: installed.namespace }, never);
    return all.every(({ spec, status }) => status?.readyReplicas === spec?.replicas);
  }
});
