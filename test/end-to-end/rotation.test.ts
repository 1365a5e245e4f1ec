import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tunnelRoute } from '../../src/services/mongodb/members/routes.js';
import { shownCertificate } from '../../src/services/mongodb/members/shown-certificate.js';
import { admin, inNamespace, kinds, never, readSecret } from '../support/admin-cluster.js';
import { startWriting } from '../support/app-writer.js';
import { type AppCredentials, appClient, bind, provision } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { memberNames } from '../support/members.js';
import { beginRotation, endOfRotation, tellRotation } from '../support/rotations.js';
import { asSystem } from '../support/routers.js';

/* The secrets of a replica set are exchanged while an app writes to it. */

let place: BrokerPlace;
let broker: BrokerDriver;
let sold: Sold;
let id: string;
let namespace: string;
let app: AppCredentials;

beforeAll(async () => {
  place = await BrokerPlace.open();
  broker = await place.install();
  sold = await broker.sold('mongodb', 'replica-set-small');
  await provision(broker, 'orders', sold);
  ({ id, namespace } = await place.instance('orders'));
  app = await bind(broker, 'orders', 'before', sold);
});
afterAll(() => place?.close());

const hostOf = (member: string) => `${member}.rs0.${namespace}.svc.cluster.local:27017`;

const shownByAll = () =>
  Promise.all(
    memberNames.map((pod) => shownCertificate(tunnelRoute(admin), { namespace, pod, host: hostOf(pod) }, never)),
  );

const pods = async () => {
  const found = await inNamespace<V1Pod>(kinds.pod, namespace);
  return found.map(({ metadata, status }) => ({
    uid: metadata?.uid,
    restarts: status?.containerStatuses?.map(({ restartCount }) => restartCount),
  }));
};

/** Whether an app that knows these credentials only is let in, at each member. */
async function canRead({ uri, ca_certificate }: AppCredentials): Promise<boolean> {
  for (const member of memberNames) {
    const { username, password } = new URL(uri.replace(/@[^/]*/, '@host'));
    const direct = `mongodb://${username}:${password}@${hostOf(member)}/?authSource=admin&tls=true`;
    const client = appClient({ uri: direct, ca_certificate }, { directConnection: true });
    try {
      await client.connect();
    } finally {
      await client.close();
    }
  }
  return true;
}

async function rotateUnderLoad(what: string, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  const writer = startWriting(app);
  await writer.someMore();
  const operation = await beginRotation(place.store, id, what);
  await meanwhile();
  const ended = await endOfRotation(place.store, operation);
  expect(ended).toMatchObject({ state: 'succeeded' });
  await writer.someMore();
  const { acknowledged, found } = await writer.stop();
  expect(found).toBe(acknowledged);
  tellRotation(what, ended, acknowledged);
}

describe('certificates', () => {
  it('are renewed before their time is over, without a restart, under a writing app', async () => {
    const [shown, running] = [await shownByAll(), await pods()];
    expect(new Set(shown).size).toBe(1);
    await rotateUnderLoad('certificates');
    const renewed = await shownByAll();
    expect(new Set(renewed).size).toBe(1);
    expect(renewed[0]).not.toBe(shown[0]);
    expect(await pods()).toEqual(running);
    expect(await canRead(app)).toBe(true);
  });

  it('come from a new authority, which apps trust that know the former one, and those that know the new one', async () => {
    const running = await pods();
    await rotateUnderLoad('authority');
    expect(await pods()).toEqual(running);
    expect(await canRead(app)).toBe(true);
    const after = await bind(broker, 'orders', 'after', sold);
    expect(after.ca_certificate).not.toBe(app.ca_certificate);
    const [newest = ''] = after.ca_certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(app.ca_certificate).not.toContain(newest);
    expect(await canRead({ ...after, ca_certificate: newest })).toBe(true);
  });
});

describe('the key file', () => {
  it('is exchanged by restarts one after the other; apps, binds and unbinds go on, an update waits', async () => {
    const former = (await readSecret(namespace, 'keyfile'))?.keyfile;
    const running = await pods();
    await rotateUnderLoad('key-file', async () => {
      const { status, body } = await broker.update('orders', {
        service_id: sold.service_id,
        parameters: { read_only: true },
      });
      expect([status, body.error]).toEqual([422, 'ConcurrencyError']);
      const meanwhile = await bind(broker, 'orders', 'meanwhile', sold);
      expect(meanwhile.uri).toContain(hostOf('rs0-0'));
      expect((await broker.unbind('orders', 'meanwhile', sold)).status).toBe(200);
    });
    const current = (await readSecret(namespace, 'keyfile'))?.keyfile;
    expect(current).toMatch(/^[A-Za-z0-9+/]{1008}$/);
    expect(current).not.toBe(former);
    for (const { uid } of await pods()) expect(running.map((each) => each.uid)).not.toContain(uid);
    for (const member of memberNames) {
      const ping = (keyFile?: string) =>
        asSystem(namespace, hostOf(member), (client) => client.db('admin').command({ ping: 1 }), keyFile);
      await expect(ping()).resolves.toMatchObject({ ok: 1 });
      await expect(ping(former)).rejects.toThrow(/Authentication/);
    }
  });

  it('leaves an instance that can be updated', async () => {
    const { status } = await broker.update('orders', { service_id: sold.service_id, parameters: { read_only: true } });
    expect(status).toBe(202);
    expect(await broker.poll('orders', { seconds: 60 })).toMatchObject({ state: 'succeeded' });
  });
});
