import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Readiness } from '../../src/observability/health.js';
import { operationSeconds } from '../support/apps.js';
import type { Answer, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { required } from '../support/scratch.js';
import { closedPort, TcpRelay } from '../support/tcp-relay.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let place: BrokerPlace;
let sold: Sold;
const folder = temporaryFolder('health');
beforeAll(async () => {
  place = await BrokerPlace.open();
});
afterAll(async () => {
  await place.close();
});

const get = <Body>(broker: BrokerProcess, path: string): Promise<Answer<Body>> =>
  place.driver(broker).raw<Body>('GET', path);
const ready = (broker: BrokerProcess) => get<Readiness>(broker, '/health/ready');
const live = (broker: BrokerProcess) => get(broker, '/health/live');

const up = { status: 'up' };
const down = { status: 'down', reason: expect.stringMatching(/./) };

/** The broker's kubeconfig, but of an API server that does not answer. */
async function kubeconfigWithoutServer(): Promise<string> {
  const config = parse(readFileSync(required('KUBECONFIG'), 'utf8'));
  config.clusters[0].cluster.server = `https://127.0.0.1:${await closedPort()}`;
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, stringify(config));
  return file;
}

describe('the health of a broker', () => {
  it('that has all it needs is ok', async () => {
    const broker = await place.start();
    sold = await place.driver(broker).sold('mongodb', 'developer');
    expect(await ready(broker)).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: { store: up, redis: up, kubernetes: up } },
    });
    expect(await live(broker)).toMatchObject({ status: 200, body: { status: 'ok' } });
    await broker.terminate();
  });

  it('without Redis is degraded and names it; a PUT is accepted all the same', async () => {
    const broker = await place.start({ HOLDFAST_REDIS_URL: `redis://127.0.0.1:${await closedPort()}` });
    expect(await ready(broker)).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { store: up, redis: down, kubernetes: up } },
    });
    expect(await place.driver(broker).provision('without Redis', sold)).toMatchObject({ status: 202 });
    expect(await place.jobs()).toEqual([]);
    expect(await broker.terminate()).toEqual({ code: 0, signal: null });
  });

  it('without Kubernetes is degraded and names it; a PUT is accepted and tells what it waits for', async () => {
    const broker = await place.start({ KUBECONFIG: await kubeconfigWithoutServer() });
    expect(await ready(broker)).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { store: up, redis: up, kubernetes: down } },
    });
    const driver = place.driver(broker);
    expect(await driver.provision('without Kubernetes', sold)).toMatchObject({ status: 202 });
    await vi.waitFor(
      async () =>
        expect(await driver.lastOperation('without Kubernetes')).toMatchObject({
          status: 200,
          body: { state: 'in progress', description: expect.stringMatching(/namespace: failed, to be tried again/) },
        }),
      { timeout: 30_000, interval: 200 },
    );
    expect(await broker.terminate()).toEqual({ code: 0, signal: null });
  });

  it('that has them again: what was accepted meanwhile is carried out', async () => {
    const driver = place.driver(await place.start());
    for (const instance of ['without Redis', 'without Kubernetes']) {
      expect(await driver.poll(instance, { seconds: operationSeconds })).toMatchObject({ state: 'succeeded' });
    }
  });

  it('without the store is down, whether that refuses or is silent, and ok when it is back', async () => {
    const store = new URL(place.scratch.storeUrl);
    const relay = await TcpRelay.start({ host: store.hostname, port: Number(store.port) });
    store.host = relay.address;
    store.searchParams.delete('replicaSet');
    store.searchParams.set('directConnection', 'true');
    const broker = await place.start({ HOLDFAST_STORE_URL: store.href });
    const isOk = () => vi.waitFor(async () => expect((await ready(broker)).status).toBe(200), { timeout: 30_000 });
    const isDown = async () => {
      const expected = { status: 'down', checks: { store: down, redis: up, kubernetes: up } };
      expect(await ready(broker)).toMatchObject({ status: 503, body: expected });
      expect(await live(broker)).toMatchObject({ status: 200 });
    };
    await isOk();
    await relay.refuse();
    await isDown();
    expect(await place.driver(broker).provision('without a store', sold)).toMatchObject({
      status: 503,
      body: { error: 'ServiceUnavailable', description: expect.stringMatching(/./) },
    });
    await relay.restore();
    await isOk();
    relay.silence();
    await isDown();
    await relay.restore();
    await isOk();
    expect(await broker.terminate()).toEqual({ code: 0, signal: null });
    await relay.refuse();
  });
});
