import type { Db, Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { inNamespace, kinds, readSecret } from '../support/admin-cluster.js';
import { appClient, bind, operationSeconds } from '../support/apps.js';
import { BrokerPlace } from '../support/broker-place.js';
import { eventually } from '../support/eventually.js';
import { memberNames, onMember, statusOf } from '../support/members.js';

type Backup = readonly { readonly name: string; readonly documents: readonly Document[] }[];

/** All collections as they are at one point in time, as a backup has them. */
async function backUp(store: Db): Promise<Backup> {
  const names = (await store.collections()).map(({ collectionName }) => collectionName);
  return await store.client.withSession({ snapshot: true }, async (session) => {
    const backup = [];
    for (const name of names) {
      backup.push({ name, documents: await store.collection(name).find({}, { session }).toArray() });
    }
    return backup;
  });
}

async function restore(store: Db, backup: Backup): Promise<void> {
  for (const { collectionName } of await store.collections()) await store.collection(collectionName).deleteMany({});
  for (const { name, documents } of backup) {
    if (documents.length > 0) await store.collection(name).insertMany([...documents]);
  }
}

describe('a store that is restored from a backup', () => {
  it('goes on with what ran then, and tells what came after, as docs/operations.md says', async ({
    onTestFinished,
  }) => {
    const place = await BrokerPlace.open();
    onTestFinished(() => place.close());
    const first = await place.start();
    const driver = place.driver(first);
    const sold = await driver.sold('mongodb', 'replica-set-small');
    const { body } = await driver.provision('running', sold);
    await place.watch.untilDescription(String(body.operation), /Pending/);
    const backup = await backUp(place.store);

    // Beyond the backup, the running one comes to its end, and another is asked for.
    await driver.provision('later', await driver.sold('mongodb', 'developer'));
    for (const id of ['running', 'later']) {
      expect(await driver.poll(id, { seconds: operationSeconds })).toMatchObject({ state: 'succeeded' });
    }
    const { namespace } = await place.instance('running');
    const { namespace: forgotten } = await place.instance('later');
    const secrets = await readSecret(namespace, 'keyfile');
    const pods = await inNamespace(kinds.pod, namespace);
    await first.kill();
    await restore(place.store, backup);

    const second = await place.start({ HOLDFAST_ORPHAN_GRACE_SECONDS: '0' });
    const restored = place.driver(second);
    expect((await restored.lastOperation('later')).status).toBe(404);
    expect(await restored.poll('running', { seconds: operationSeconds })).toMatchObject({ state: 'succeeded' });

    expect(await readSecret(namespace, 'keyfile')).toEqual(secrets);
    const uids = (found: typeof pods) => found.map(({ metadata }) => metadata?.uid).toSorted();
    expect(uids(await inNamespace(kinds.pod, namespace))).toEqual(uids(pods));
    expect((await statusOf(namespace, 'rs0-0')).members).toHaveLength(memberNames.length);
    const { users } = await onMember(namespace, 'rs0-0', (database) => database.command({ usersInfo: 1 }));
    expect(users).toMatchObject([{ user: 'holdfast-admin' }]);
    const client = appClient(await bind(restored, 'running', 'app', sold));
    await client.db().collection('notes').insertOne({ n: 1 });
    await client.close();

    await eventually(
      () => second.log.some((line) => line.msg === 'no instance owns this namespace' && line.namespace === forgotten),
      60_000,
    );
    expect(await inNamespace(kinds.pod, forgotten)).toHaveLength(1);
  });
});
