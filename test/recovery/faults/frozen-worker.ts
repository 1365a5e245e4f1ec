import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { signal, stateOf } from '../../../local/processes.js';
import type { OperationRecord } from '../../../src/store/records.js';
import { inNamespace, kinds, madeBy, volumesOf } from '../../support/admin-cluster.js';
import { type AppCredentials, appClient, bind, operationSeconds, provision } from '../../support/apps.js';
import type { BrokerDriver, Sold } from '../../support/broker-driver.js';
import { BrokerPlace } from '../../support/broker-place.js';
import type { BrokerProcess } from '../../support/broker-process.js';
import { FaultPoints } from '../../support/fault-points.js';
import { holders } from '../../support/leases.js';
import { onMember } from '../../support/members.js';
import { startInTurn } from '../../support/start-in-turn.js';

let place: BrokerPlace;
let points: FaultPoints;
let api: BrokerProcess;
let workers: readonly BrokerProcess[];
let driver: BrokerDriver;
let sold: Sold;

const operations = () => place.store.collection<OperationRecord>('operations');

interface Frozen {
  readonly operation: string;
  readonly worker: BrokerProcess;
}

/** Waits until a worker is frozen at a point, of what is asked for then, or of what runs. */
async function freezeAt(point: string, ask?: () => Promise<{ readonly status: number }>): Promise<Frozen> {
  points.arm(point, 'SIGSTOP');
  if (ask) expect(await ask()).toMatchObject({ status: 202 });
  return await vi.waitFor(
    () => {
      const worker = workers.find(({ pid }) => pid === points.struck?.pid);
      if (!worker) throw new Error(`no worker is at ${point}`);
      return { worker, operation: String(points.struck?.operation) };
    },
    { timeout: 60_000, interval: 50 },
  );
}

/** Continues a worker that is still frozen, and waits until it has noticed that its lease is over. */
async function goOn({ worker, operation }: Frozen): Promise<void> {
  expect(stateOf(worker.pid)?.state).toBe('T');
  signal(worker.pid, 'SIGCONT');
  const noticed = () => worker.log.some((line) => line.msg === 'the lease is lost' && line.operation === operation);
  await vi.waitFor(() => expect(noticed()).toBe(true), { timeout: 20_000, interval: 50 });
}

const succeeds = async (instanceId: string, bindingId?: string) =>
  expect(
    await driver.poll(instanceId, { seconds: operationSeconds, ...(bindingId !== undefined && { bindingId }) }),
  ).toMatchObject({ state: 'succeeded' });

/** A worker is frozen (SIGSTOP) at a point past its lease, another one goes on, and the frozen one is continued. */
export function frozenWorkers(): void {
  beforeAll(async () => {
    points = FaultPoints.open();
    place = await BrokerPlace.open({}, { HOLDFAST_SYNCHRONOUS_SECONDS: '0' });
    const worker = { HOLDFAST_ROLE: 'worker', HOLDFAST_FAULT_POINTS: points.folder };
    const [first, ...others] = await Promise.all([
      startInTurn(place, { HOLDFAST_ROLE: 'api' }),
      startInTurn(place, worker),
      startInTurn(place, worker),
    ]);
    api = first;
    workers = others;
    driver = place.driver(api);
    sold = await driver.sold('mongodb', 'developer');
  });
  afterAll(async () => {
    for (const { pid } of workers ?? []) signal(pid, 'SIGCONT');
    await place?.close();
    points?.remove();
  });

  it.sequential('is refused by the store while another one goes on, and works on', async () => {
    const first = await freezeAt('provision/-/record objects/before', () => driver.provision('refused', sold));
    // The other one is halted too, so that the operation still runs: what has ended takes no writes anyway.
    const second = await freezeAt('provision/-/finish rs0-heartbeat rs0-verify/before');
    expect(second.operation).toBe(first.operation);
    const record = await operations().findOne({ _id: first.operation });
    expect(record).toMatchObject({ active: true, steps: { objects: {} } });
    await goOn(first);
    expect(await operations().findOne({ _id: first.operation })).toEqual(record);
    signal(second.worker.pid, 'SIGCONT');
    await succeeds('refused');
    await takesWork(first.worker, 'refused');
  });

  it.sequential('makes no user of a binding that is unbound meanwhile, and bound again with the same id', async () => {
    await provision(driver, 'bound', sold);
    const frozen = await freezeAt('bind/user/createUser/before', () => driver.bind('bound', 'app', sold));
    await succeeds('bound', 'app');
    const { body } = await driver.fetchBinding('bound', 'app');
    const before = body.credentials as unknown as AppCredentials;
    expect(await driver.unbind('bound', 'app', sold)).toMatchObject({ status: 202 });
    await succeeds('bound', 'app');
    const after = await bind(driver, 'bound', 'app', sold);
    expect(after.username).not.toBe(before.username);
    await goOn(frozen);
    const { namespace } = await place.instance('bound');
    const { users } = await onMember(namespace, 'rs0-0', (database) => database.command({ usersInfo: 1 }));
    expect((users as { readonly user: string }[]).map(({ user }) => user).sort()).toEqual(
      [after.username, 'holdfast-admin'].sort(),
    );
    await expect(ping(before)).rejects.toMatchObject({ codeName: 'AuthenticationFailed' });
    await expect(ping(after)).resolves.toMatchObject({ ok: 1 });
  });

  it.sequential.each([
    'provision/namespace/apply Namespace m-…/before',
    'provision/objects/apply StatefulSet m-…/rs0/before',
  ])('makes nothing of an instance that is deleted meanwhile: at %s', async (point) => {
    const frozen = await freezeAt(point, () => driver.provision('deleted', sold));
    const { namespace } = await place.instance('deleted');
    expect(await driver.deprovision('deleted', sold)).toMatchObject({ status: 202 });
    await succeeds('deleted');
    await goOn(frozen);
    // What a call that went out would have made is there by then.
    await sleep(1_000);
    expect(await madeBy(api.identity, kinds.namespace)).not.toContain(`/${namespace}`);
    expect(await inNamespace(kinds.statefulSet, namespace)).toEqual([]);
    expect(await volumesOf(namespace)).toEqual([]);
    expect(await operations().findOne({ _id: frozen.operation })).toMatchObject({ state: 'superseded' });
  });
}

/** Some of many binds is carried out by it. */
async function takesWork(worker: BrokerProcess, instanceId: string): Promise<void> {
  for (let turn = 0; turn < 30; turn++) {
    const { body } = await driver.bind(instanceId, `binding ${turn}`, sold);
    await succeeds(instanceId, `binding ${turn}`);
    if (holders(place, String(body.operation)).includes(worker.pid)) return;
  }
  throw new Error(`process ${worker.pid} takes no work any more`);
}

async function ping(credentials: AppCredentials) {
  const client = appClient(credentials);
  try {
    return await client.db().command({ ping: 1 });
  } finally {
    await client.close();
  }
}
