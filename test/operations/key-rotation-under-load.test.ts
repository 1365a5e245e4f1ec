import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerProcess } from '../support/broker-process.js';
import { CommandProcess } from '../support/command-process.js';
import { eventually } from '../support/eventually.js';
import { KeepAlivePlatform } from '../support/keep-alive-platform.js';
import { sealedWith } from '../support/sealed-values.js';
import { StubProcesses } from '../support/stub-processes.js';
import { TcpBalancer } from '../support/tcp-balancer.js';

const platforms = 4;
const older = `older:${randomBytes(32).toString('base64')}`;
const newer = `newer:${randomBytes(32).toString('base64')}`;

let processes: StubProcesses;
let balancer: TcpBalancer;
beforeEach(async () => {
  processes = new StubProcesses();
  balancer = await TcpBalancer.start();
});
afterEach(async () => {
  balancer.stop();
  await processes.end();
});

const portOf = ({ url }: BrokerProcess) => Number(new URL(url).port);

const start = (keys: string) =>
  processes.start({ HOLDFAST_ENCRYPTION_KEYS: keys, HOLDFAST_DRAIN_SECONDS: '5', STUB_STEP_MILLISECONDS: '20' });

/** New ones take over from old ones, which drain. */
async function restartAll(old: readonly BrokerProcess[], keys: string): Promise<readonly BrokerProcess[]> {
  const next = await Promise.all(old.map(() => start(keys)));
  await balancer.use([...old, ...next].map(portOf));
  for (const exit of await Promise.all(old.map((broker) => broker.terminate()))) {
    expect(exit).toEqual({ code: 0, signal: null });
  }
  await balancer.use(next.map(portOf));
  return next;
}

describe('the encryption key of two brokers under load is changed as docs/operations.md says', () => {
  it('fails no request, and ends with the older key gone', { timeout: 600_000 }, async () => {
    let brokers: readonly BrokerProcess[] = await Promise.all([start(older), start(older)]);
    await balancer.use(brokers.map(portOf));
    const driver = processes.driver(brokers[0] ?? never());
    const sold = await driver.sold('stub', 'small');
    await driver.provision('kept', sold);
    await driver.poll('kept', { seconds: 15 });
    const { credentials } = (await driver.bind('kept', 'kept-b', sold)).body;
    const options = { port: balancer.port, ...processes.platform, sold, pauseMilliseconds: 30 };
    const load = Array.from({ length: platforms }, (_, index) => new KeepAlivePlatform(`p${index}`, options));
    let rotation: CommandProcess | undefined;
    try {
      brokers = await restartAll(brokers, `${older},${newer}`);
      brokers = await restartAll(brokers, `${newer},${older}`);
      rotation = new CommandProcess('rotate-keys', {
        HOLDFAST_STORE_URL: processes.scratch.storeUrl,
        HOLDFAST_ENCRYPTION_KEYS: `${newer},${older}`,
      });
      expect(await rotation.exit, rotation.output.join('\n')).toBe(0);
      brokers = await restartAll(brokers, newer);
    } finally {
      await Promise.all(load.map((platform) => platform.stop()));
    }
    expect(load.flatMap(({ failures }) => failures)).toEqual([]);
    const { operations, database } = processes.store;
    await eventually(async () => (await operations.countDocuments({ active: true })) === 0, 30_000);
    expect(await operations.countDocuments({ state: { $ne: 'succeeded' } })).toBe(0);
    expect(await sealedWith(database, 'older')).toEqual([]);
    const { body } = await processes.driver(brokers[0] ?? never()).fetchBinding('kept', 'kept-b');
    expect(body.credentials).toEqual(credentials);
    const sum = (of: 'requests') => load.reduce((total, platform) => total + platform[of], 0);
    process.stdout.write(`key rotation: ${sum('requests')} requests, ${rotation.output.at(-2)}\n`);
    expect(sum('requests')).toBeGreaterThan(platforms);
  });
});

function never(): never {
  throw new Error('no broker has started');
}
