import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { OperationRecord } from '../../../src/store/records.js';
import { kinds, madeBy, volumesOf } from '../../support/admin-cluster.js';
import type { BrokerDriver } from '../../support/broker-driver.js';
import { BrokerPlace } from '../../support/broker-place.js';
import type { BrokerProcess } from '../../support/broker-process.js';
import { isFull } from '../../support/recovery-size.js';
import { required } from '../../support/scratch.js';
import { startInTurn } from '../../support/start-in-turn.js';

/** Seconds: gives up at nine tenths of it, well after a member beside the other faults got as far as it can. */
const pollingSeconds = 40;
const deadlineSeconds = 36;

const missing = 'localhost/holdfast/missing:1';
const invalid = 'localhost/Holdfast/UPPER:1';
/** What keeps the member of a plan from running, and what the platform is told of it; some only at the full size. */
const plans = [
  {
    name: 'missing-image',
    always: true,
    template: { version: 'missing' },
    reason: new RegExp(`(ErrImagePull|ImagePullBackOff): the image ${missing} cannot be pulled`),
  },
  {
    name: 'invalid-image',
    always: false,
    template: { version: 'invalid' },
    reason: new RegExp(`InvalidImageName: the image ${invalid} cannot be pulled`),
  },
  {
    name: 'missing-readiness-image',
    always: true,
    template: { readinessImage: missing },
    reason: new RegExp(`(ErrImagePull|ImagePullBackOff): the image ${missing} cannot be pulled`),
  },
  { name: 'too-much-cpu', always: true, template: { cpu: '1000' }, reason: /insufficient cpu on every node/ },
  {
    name: 'too-much-memory',
    always: false,
    template: { memory: '1000Ti', memoryRequest: '1000Ti' },
    reason: /insufficient memory on every node/,
  },
] as const;

/** The catalog of the suite, with these plans besides its own. */
function catalog(): string {
  const own = plans.map(({ name, template }) => ({
    name,
    id: `never-ready-${name}`,
    description: 'Never ready',
    free: true,
    maximum_polling_duration: pollingSeconds,
    template: { members: 1, cpu: '15m', memory: '512Mi', memoryRequest: '160Mi', storage: '1Gi', ...template },
  }));
  return stringify({
    extends: required('HOLDFAST_CATALOG'),
    offerings: [{ name: 'mongodb', defaults: { versions: { missing, invalid } }, plans: own }],
  });
}

export function membersThatNeverRun(): void {
  let folder: string;
  let place: BrokerPlace;
  let broker: BrokerProcess;
  let driver: BrokerDriver;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-never-ready-'));
    const file = join(folder, 'catalog.yaml');
    writeFileSync(file, catalog());
    place = await BrokerPlace.open({}, { HOLDFAST_CATALOG: file });
    broker = await startInTurn(place);
    driver = place.driver(broker);
  });
  afterAll(async () => {
    await place?.close();
    rmSync(folder, { recursive: true });
  });

  it.concurrent.each(plans.filter(({ always }) => always || isFull))(
    'fails its instance at the deadline, with the reason, and the DELETE works: $name',
    async ({ name, reason }) => {
      const sold = await driver.sold('mongodb', name);
      const { status, body } = await driver.provision(name, sold);
      expect(status).toBe(202);
      const { namespace } = await place.instance(name);
      const { state, description } = await driver.poll(name, { seconds: 90 });
      expect(state).toBe('failed');
      const waited = `not done within ${deadlineSeconds} s: waiting for members: 1 of 1 is Pending: `;
      expect(description).toMatch(new RegExp(`^${waited}${reason.source}$`));
      const seconds = await secondsOf(place, String(body.operation));
      expect(seconds).toBeGreaterThanOrEqual(deadlineSeconds);
      // The task that fails what is overdue looks once a second; the rest is for a busy machine.
      expect(seconds).toBeLessThan(deadlineSeconds + 10);

      expect(await driver.deprovision(name, sold)).toMatchObject({ status: 202 });
      expect(await driver.poll(name, { seconds: 60 })).toMatchObject({ state: 'succeeded' });
      expect(await madeBy(broker.identity, kinds.namespace)).not.toContain(`/${namespace}`);
      expect(await volumesOf(namespace)).toEqual([]);
      expect(await driver.fetchInstance(name)).toMatchObject({ status: 404 });
    },
  );
}

async function secondsOf(place: BrokerPlace, operation: string): Promise<number> {
  const record = await place.store.collection<OperationRecord>('operations').findOne({ _id: operation });
  return ((record?.endedAt?.getTime() ?? Number.NaN) - (record?.acceptedAt.getTime() ?? Number.NaN)) / 1_000;
}
