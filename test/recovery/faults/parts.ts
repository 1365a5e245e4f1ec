import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { daemonPids, stopApiServer } from '../../support/api-server-process.js';
import type { BrokerDriver } from '../../support/broker-driver.js';
import { BrokerPlace } from '../../support/broker-place.js';
import type { BrokerProcess } from '../../support/broker-process.js';
import { isFull, mix, outageSeconds } from '../../support/recovery-size.js';
import { RedisProcess } from '../../support/redis-process.js';
import { refusedQuickly } from '../../support/refused-quickly.js';
import { RelayedCluster } from '../../support/relayed-cluster.js';
import { startInTurn } from '../../support/start-in-turn.js';
import { StoreProcess } from '../../support/store-process.js';
import { Workload } from '../../support/workload.js';

/** The parts that brokers stand on fail one after the other, each while operations run; the processes stay the same. */
export function partsThatFail(): void {
  let folder: string;
  let redis: RedisProcess;
  let store: StoreProcess;
  let cluster: RelayedCluster;
  let place: BrokerPlace;
  let brokers: readonly [BrokerProcess, BrokerProcess];
  let driver: BrokerDriver;
  let workload: Workload;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-parts-'));
    [redis, store, cluster] = await Promise.all([
      RedisProcess.start(),
      StoreProcess.start(folder),
      RelayedCluster.start(),
    ]);
    place = await BrokerPlace.open(
      { redisUrl: redis.url, storeUrl: store.url },
      // Every operation runs in the background, also those that are quick.
      { KUBECONFIG: cluster.kubeconfig, HOLDFAST_SYNCHRONOUS_SECONDS: '0' },
    );
    brokers = await Promise.all([startInTurn(place), startInTurn(place, { HOLDFAST_ROLE: 'worker' })]);
    driver = place.driver(brokers[0]);
    workload = new Workload(place, driver);
  });
  afterAll(async () => {
    try {
      // Where a test failed in the middle.
      await cluster?.relay.restore();
      if (store?.hasEnded) await store.restart();
      await place?.close();
    } finally {
      await Promise.all([redis?.remove(), store?.remove(), cluster?.remove()]);
      rmSync(folder, { recursive: true });
    }
  });

  /** @param fail has something fail, and mend, while operations run; answers what was asked for meanwhile */
  const operationsEndWell = (title: string, fail: () => Promise<readonly string[]>, runs = true) =>
    (runs ? it.sequential : it.skip)(`harms no operation that runs: ${title}`, async () => {
      await workload.prepare(mix);
      const operations = await workload.begin(mix);
      expect(await workload.running(operations)).toBeGreaterThanOrEqual(Math.ceil(operations.length / 2));
      const daemons = daemonPids();
      const meanwhile = await fail();
      await workload.end([...operations, ...meanwhile]);
      await workload.isAsAsked();
      // Neither a broker has ended, nor a part of the cluster.
      expect(brokers.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      expect(daemonPids()).toEqual(daemons);
    });

  operationsEndWell('Redis is killed, and started again empty; more is asked for meanwhile', async () => {
    await redis.kill();
    const meanwhile = await workload.begin({ ...mix, binds: 0, deprovisions: 0 });
    await sleep(isFull ? 10_000 : 2_000);
    await redis.restart();
    return meanwhile;
  });

  operationsEndWell('Redis is emptied again and again while it runs', async () => {
    await redis.keepEmpty(isFull ? 10 : 3);
    return [];
  });

  operationsEndWell("the store's mongod is killed, and started again; requests get 503 soon", async () => {
    await store.kill();
    await refusedQuickly(driver, { seconds: isFull ? 10 : 4 });
    await store.restart();
    return [];
  });

  operationsEndWell(`Kubernetes refuses connections for ${outageSeconds} s`, async () => {
    await cluster.relay.refuse();
    await sleep(outageSeconds * 1_000);
    await cluster.relay.restore();
    return [];
  });

  const silence = async () => {
    cluster.relay.silence();
    await sleep(outageSeconds * 1_000);
    await cluster.relay.restore();
    return [];
  };
  operationsEndWell(`Kubernetes is silent for ${outageSeconds} s`, silence, isFull);

  operationsEndWell('the watch, and all other connections to Kubernetes, break again and again', async () => {
    for (let second = 0; second < outageSeconds; second++) {
      await cluster.relay.restore();
      await sleep(1_000);
    }
    return [];
  });

  const stop = async () => {
    await stopApiServer(outageSeconds);
    return [];
  };
  operationsEndWell(`the API server's process is stopped for ${outageSeconds} s`, stop, isFull);

  it.sequential('leaves nothing over, once everything is deleted', () => workload.removeAll());
}
