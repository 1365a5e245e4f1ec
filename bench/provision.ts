import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import type { OperationRecord } from '../src/store/records.js';
import { BrokerDriver, type Sold } from '../test/support/broker-driver.js';
import { BrokerProcess } from '../test/support/broker-process.js';
import { clusterLookup } from '../test/support/cluster-dns.js';
import { scratch } from '../test/support/scratch.js';
import setUp from '../test/support/setup/cluster.js';
import { hasStandIns, shardedCatalog } from '../test/support/sharded-catalog.js';
import { median, table } from './figures.js';

/*
 * From a platform's PUT to a majority write with the credentials that it got, on a new instance, as a platform sees it: a
 * client that polls every 100 ms. Then what each step took, and how long bind and deprovision took.
 *
 *   npm run bench:provision -- [--runs 10] [--plan replica-set-small | sharded-small]
 */

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, plan: { type: 'string', default: 'replica-set-small' } },
});
const secret = 'bench';

interface Run {
  readonly phases: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<string, { readonly start: number; readonly end: number }>>;
}

await setUp();
const place = scratch();
const catalog = shardedCatalog();
const broker = await BrokerProcess.start({
  ...process.env,
  HOLDFAST_PORT: '0',
  HOLDFAST_CATALOG: catalog.file,
  HOLDFAST_STORE_URL: place.storeUrl,
  HOLDFAST_REDIS_URL: place.redisUrl,
  HOLDFAST_BASIC_AUTH: `bench:${secret}`,
  HOLDFAST_ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 'bench').toString('base64')}`,
});
const store = new MongoClient(place.storeUrl);
try {
  const driver = new BrokerDriver({ url: broker.url, user: 'bench', password: secret });
  const sold = await driver.sold('mongodb', values.plan);
  const runs: Run[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const measured = await measure(driver, sold, `bench-${run}`);
    runs.push(measured);
    const { 'majority write': total } = measured.phases;
    process.stdout.write(`run ${run + 1}: PUT to majority write ${seconds(total)} s\n`);
  }
  report(runs);
} finally {
  await store.close();
  await broker.terminate();
  await place.remove();
  catalog.remove();
}

async function measure(driver: BrokerDriver, sold: Sold, id: string): Promise<Run> {
  const start = performance.now();
  const phases: Record<string, number> = {};
  const mark = (name: string) => {
    phases[name] = performance.now() - start;
  };
  const { body } = await driver.provision(id, sold);
  mark('accepted');
  await succeed(driver, id);
  mark('provisioned');
  await driver.bind(id, 'app', sold);
  await succeed(driver, id, 'app');
  mark('bound');
  await write((await driver.fetchBinding(id, 'app')).body.credentials);
  mark('majority write');

  const deleting = performance.now();
  await driver.deprovision(id, sold);
  await succeed(driver, id);
  phases['(deprovision)'] = performance.now() - deleting;
  return { phases, steps: await stepsOf(String(body.operation)) };
}

async function succeed(driver: BrokerDriver, id: string, bindingId?: string): Promise<void> {
  const { state, description } = await driver.poll(id, { seconds: 120, ...(bindingId && { bindingId }) });
  if (state !== 'succeeded') throw new Error(`${id}: ${description}`);
}

/** With what the platform got, and nothing else. */
async function write(credentials: Readonly<Record<string, unknown>>): Promise<void> {
  const client = new MongoClient(String(credentials.uri), {
    ca: String(credentials.ca_certificate),
    lookup: clusterLookup(),
  });
  await client.db().collection('bench').insertOne({ written: new Date() });
  await client.close();
}

async function stepsOf(operation: string): Promise<Run['steps']> {
  const record = await store.db().collection<OperationRecord>('operations').findOne({ _id: operation });
  if (!record) throw new Error(`the store has no operation ${operation}`);
  const since = (date: Date) => date.getTime() - record.acceptedAt.getTime();
  return Object.fromEntries(
    Object.entries(record.steps).map(([key, step]) => [
      key,
      { start: since(step.startedAt), end: since(step.endedAt) },
    ]),
  );
}

function report(runs: readonly Run[]): void {
  const names = Object.keys(runs[0]?.phases ?? {});
  const phase = (name: string) => runs.map(({ phases }) => phases[name] ?? Number.NaN);
  const routers = values.plan.startsWith('sharded') && hasStandIns ? ', with stand-ins of routers' : '';
  process.stdout.write(`\n${values.plan}${routers}, ${runs.length} runs, seconds from the PUT\n`);
  process.stdout.write(
    table(
      ['', 'min', 'median', 'max'],
      names.map((name) => row(name, phase(name))),
    ),
  );
  const keys = Object.keys(runs[0]?.steps ?? {});
  const ends = (of: 'start' | 'end', key: string) => median(runs.map(({ steps }) => steps[key]?.[of] ?? Number.NaN));
  process.stdout.write('\nsteps, median, seconds from acceptance; a step that waits starts again at its last look\n');
  process.stdout.write(
    table(
      ['step', 'started', 'done'],
      keys.map((key) => [key, seconds(ends('start', key)), seconds(ends('end', key))]),
    ),
  );
}

function row(name: string, milliseconds: readonly number[]): string[] {
  return [name, ...[Math.min(...milliseconds), median(milliseconds), Math.max(...milliseconds)].map(seconds)];
}

function seconds(milliseconds: number | undefined): string {
  return ((milliseconds ?? Number.NaN) / 1_000).toFixed(2);
}
