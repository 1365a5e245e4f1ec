import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { done, wait } from '../../src/operations/step.js';
import { Authority } from '../support/authority.js';
import type { Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { type RedisFiles, RedisProcess } from '../support/redis-process.js';
import { RedisSentinels } from '../support/redis-sentinels.js';
import { StubBroker } from '../support/stub-broker.js';
import { StubProcesses } from '../support/stub-processes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A Redis that others run: behind Sentinels, which make its replica the primary, and with TLS. */

// Sentinels take their time to agree (half a minute more where the machine was too busy for them), each broker to start.
vi.setConfig({ testTimeout: 180_000 });

describe('Redis behind Sentinels', () => {
  let redis: RedisSentinels;
  let stub: StubBroker;
  let sold: Sold;
  beforeEach(async () => {
    redis = await RedisSentinels.start();
    stub = await StubBroker.start({ HOLDFAST_REDIS_URL: redis.url });
    sold = await stub.driver.sold('stub', 'small');
  });
  afterEach(async () => {
    await stub.end();
    await redis.remove();
  });

  const portOfRedis = async (): Promise<number> => {
    const text = await stub.broker.requestRedis.info('server').catch(() => '');
    return Number(/^tcp_port:(\d+)/m.exec(text)?.[1]);
  };

  it.each([
    ['is killed', 'SIGKILL'],
    // Its connections stay open, and nobody answers on them.
    ['hangs', 'SIGSTOP'],
  ] as const)('operations go on, on the former replica, when the primary %s', async (_, signal) => {
    let held = true;
    stub.service.behaviour = async ({ key }) => (key === 'third' && held ? wait('held') : done);
    const before = Array.from({ length: 10 }, (_, index) => `before-${index}`);
    for (const id of before) expect((await stub.driver.provision(id, sold)).status).toBe(202);
    await eventually(() => stub.service.ran.filter(({ key }) => key === 'third').length >= before.length);
    expect(await portOfRedis()).toBe(redis.primary.port);

    process.kill(redis.primary.pid, signal);
    expect((await stub.driver.provision('meanwhile', sold)).status).toBe(202);
    await eventually(() => redis.haveFailedOver(), 90_000);
    await eventually(async () => (await portOfRedis()) === redis.replica.port, 30_000);
    held = false;
    expect((await stub.driver.provision('after', sold)).status).toBe(202);
    for (const id of [...before, 'meanwhile', 'after']) {
      expect(await stub.driver.poll(id, { seconds: 60 })).toMatchObject({ state: 'succeeded' });
    }
    expect(await (await fetch(`${stub.url}/health/ready`)).json()).toMatchObject({ status: 'ok' });
    await eventually(async () => (await stub.jobs()) === 0);
  });
});

describe('Redis with a certificate of a private authority', () => {
  const folder = temporaryFolder('redis-tls');
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const reason = /(unable to verify|self-signed).*Redis cannot be reached/;
  let files: RedisFiles;
  let site: StubProcesses;
  beforeEach(async () => {
    const authority = await Authority.create('of the Redis');
    const { certificate, key } = await authority.issue('redis');
    files = {
      certificate: write('certificate.pem', certificate),
      key: write('key.pem', key),
      authority: write('authority.pem', authority.certificate),
    };
    site = new StubProcesses();
  });
  afterEach(() => site.end());

  it.each<[string, () => Promise<{ readonly url: string; remove(): Promise<void> }>]>([
    [
      'by itself',
      async () => {
        const redis = await RedisProcess.start({ tls: files, password: 'secret' });
        return { url: redis.tlsUrl, remove: () => redis.remove() };
      },
    ],
    ['behind Sentinels', () => RedisSentinels.start(files)],
  ])('%s is reached where the authority is trusted, and the reason is told where it is not', async (_, start) => {
    const redis = await start();
    try {
      const HOLDFAST_REDIS_URL = redis.url;
      const trusting = await site.start({ HOLDFAST_REDIS_URL, NODE_EXTRA_CA_CERTS: files.authority });
      const driver = site.driver(trusting);
      const sold = await driver.sold('stub', 'small');
      expect((await driver.provision('i', sold)).status).toBe(202);
      expect(await driver.poll('i', { seconds: 60 })).toMatchObject({ state: 'succeeded' });
      expect(await (await fetch(`${trusting.url}/health/ready`)).json()).toMatchObject({ status: 'ok' });

      const other = await site.start({ HOLDFAST_REDIS_URL });
      expect(await (await fetch(`${other.url}/health/ready`)).json()).toMatchObject({
        status: 'degraded',
        checks: { redis: { status: 'down' } },
      });
      await eventually(() => other.output.some((line) => reason.test(line)), 30_000);
    } finally {
      await redis.remove();
    }
  });
});
