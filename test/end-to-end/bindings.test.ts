import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inNamespace, kinds } from '../support/admin-cluster.js';
import { type AppCredentials, appClient, bind, operationSeconds, provision } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';

let place: BrokerPlace;
let broker: BrokerDriver;
let sold: Sold;
/** Of the roles `readWrite`, which is the default, and `read`, in one database. */
let writer: AppCredentials;
let reader: AppCredentials;
let asWriter: MongoClient;
let asReader: MongoClient;

beforeAll(async () => {
  place = await BrokerPlace.open();
  broker = await place.install();
  sold = await broker.sold('mongodb', 'replica-set-small');
  await provision(broker, 'shared', sold);
  [writer, reader] = await Promise.all([
    bind(broker, 'shared', 'writer', sold),
    bind(broker, 'shared', 'reader', { ...sold, parameters: { role: 'read' } }),
  ]);
  asWriter = appClient(writer);
  asReader = appClient(reader);
  await asWriter.db().collection('notes').insertOne({ of: 'the writer' });
});
afterAll(async () => {
  await Promise.all([asWriter?.close(), asReader?.close()]);
  await place.close();
});

const unauthorized = { code: 13, codeName: 'Unauthorized' };
const refused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject(unauthorized);

describe('two bindings of one instance', () => {
  it('have a user and a password each', () => {
    expect(writer.username).not.toBe(reader.username);
    expect(writer.password).not.toBe(reader.password);
    expect(writer.uri).not.toContain(reader.password);
    expect(writer.database).toBe(reader.database);
  });

  it('answer a second fetch with the same credentials', async () => {
    const { body } = await broker.fetchBinding('shared', 'writer');
    expect(body.credentials).toEqual(writer);
  });

  it.each([
    ['the writer', 'the reader', () => [asWriter, reader] as const],
    ['the reader', 'the writer', () => [asReader, writer] as const],
  ])('%s cannot read what proves the password of %s', async (_name, _other, those) => {
    const [client, { username }] = those();
    const admin = client.db('admin');
    await refused(admin.collection('system.users').findOne({ user: username }));
    await refused(admin.command({ usersInfo: { user: username, db: 'admin' }, showCredentials: true }));
    await refused(admin.command({ usersInfo: 1 }));
  });

  it.each([
    ['the writer', () => [asWriter, writer] as const],
    ['the reader', () => [asReader, reader] as const],
  ])('%s can neither make users nor give itself rights', async (_name, those) => {
    const [client, { username, database }] = those();
    for (const place of [client.db('admin'), client.db(database)]) {
      await refused(place.command({ createUser: 'intruder', pwd: 'x', roles: [] }));
      await refused(place.command({ grantRolesToUser: username, roles: [{ role: 'root', db: 'admin' }] }));
    }
    await refused(client.db('admin').command({ replSetGetConfig: 1 }));
    await refused(client.db('admin').command({ shutdown: 1 }));
  });

  it('the writer reads and writes in its database, and in no other', async () => {
    await asWriter
      .db()
      .collection('notes')
      .updateOne({ of: 'the writer' }, { $set: { seen: true } });
    expect(await asWriter.db().collection('notes').countDocuments({ seen: true })).toBe(1);
    for (const other of ['other', 'admin', 'local', 'config']) {
      await refused(asWriter.db(other).collection('notes').insertOne({}));
      await refused(asWriter.db(other).collection('notes').findOne());
    }
    await refused(asWriter.db().dropDatabase());
  });

  it('one of another database sees nothing of theirs', async () => {
    const elsewhere = await bind(broker, 'shared', 'elsewhere', { ...sold, parameters: { database: 'elsewhere' } });
    const client = appClient(elsewhere);
    await client.db().collection('notes').insertOne({ of: 'elsewhere' });
    await refused(client.db(writer.database).collection('notes').findOne());
    await refused(asWriter.db('elsewhere').collection('notes').findOne());
    await client.close();
  });

  it('the reader reads what the writer wrote, and writes nothing', async () => {
    const notes = asReader.db().collection('notes');
    expect(await notes.countDocuments({ of: 'the writer' })).toBe(1);
    await refused(notes.insertOne({ of: 'the reader' }));
    await refused(notes.deleteMany({}));
    await refused(notes.drop());
    await refused(asReader.db('other').collection('notes').findOne());
  });
});

describe('a binding of the role', () => {
  /** What each role may do in its database; anything else, and anything elsewhere, is refused. */
  const actions = {
    read: (client: MongoClient, database: string) => client.db(database).collection('notes').findOne(),
    write: (client: MongoClient, database: string) => client.db(database).collection('notes').insertOne({}),
    index: (client: MongoClient, database: string) => client.db(database).collection('notes').createIndex({ n: 1 }),
    profile: (client: MongoClient, database: string) => client.db(database).command({ profile: -1 }),
    drop: (client: MongoClient, database: string) => client.db(database).dropDatabase(),
    'make users': (client: MongoClient, database: string) =>
      client.db(database).command({ createUser: 'intruder', pwd: 'x', roles: [] }),
    'make roles': (client: MongoClient, database: string) =>
      client.db(database).command({ createRole: 'intruder', privileges: [], roles: [] }),
    administer: (client: MongoClient) => client.db('admin').command({ rotateCertificates: 1 }),
  };
  const mayDo: Readonly<Record<string, readonly (keyof typeof actions)[]>> = {
    read: ['read'],
    readWrite: ['read', 'write', 'index'],
    dbAdmin: ['index', 'profile', 'drop'],
    dbOwner: ['read', 'write', 'index', 'profile', 'drop'],
  };

  it.each(Object.entries(mayDo))('%s may: %s', async (role, allowed) => {
    const database = `of-${role}`;
    const app = await bind(broker, 'shared', role, { ...sold, parameters: { role, database } });
    const client = appClient(app);
    for (const [name, act] of Object.entries(actions)) {
      if (allowed.some((each) => each === name)) await act(client, database);
      else await refused(act(client, database));
      await refused(act(client, 'elsewhere'));
    }
    await client.close();
  });
});

describe('a binding that is unbound', () => {
  let leaver: AppCredentials;
  let atPrimary: MongoClient;
  let atSecondary: MongoClient;
  let connections = 0;

  beforeAll(async () => {
    leaver = await bind(broker, 'shared', 'leaver', sold);
    atPrimary = appClient(leaver, { maxPoolSize: 1 }).on('connectionCreated', () => connections++);
    atSecondary = appClient(leaver, { readPreference: 'secondary' });
    await write(atPrimary);
    // A majority has the new user, which need not be this secondary yet.
    await vi.waitFor(() => read(atSecondary), { timeout: 10_000, interval: 20 });
    await broker.unbind('shared', 'leaver', sold);
    const ended = await broker.poll('shared', { bindingId: 'leaver', seconds: operationSeconds });
    expect(ended.state).toBe('succeeded');
  });
  afterAll(() => Promise.all([atPrimary?.close(), atSecondary?.close()]));

  it('is refused on the connection that is already open', async () => {
    const before = connections;
    await refused(write(atPrimary));
    await refused(read(atPrimary));
    expect(connections).toBe(before);
    // A secondary learns of it with its next batch of the oplog.
    await vi.waitFor(() => refused(read(atSecondary)), { timeout: 10_000, interval: 20 });
  });

  it('cannot log in again', async () => {
    const again = appClient(leaver);
    await expect(again.connect()).rejects.toMatchObject({ code: 18, codeName: 'AuthenticationFailed' });
    await again.close();
  });

  it('is gone for the platform', async () => {
    expect(await broker.fetchBinding('shared', 'leaver')).toMatchObject({ status: 404 });
    expect(await broker.unbind('shared', 'leaver', sold)).toMatchObject({ status: 410 });
  });

  it('is shut out of the network, and the others are not', async () => {
    const { namespace } = await place.instance('shared');
    const policies = await inNamespace(kinds.networkPolicy, namespace);
    const names = policies.map(({ metadata }) => metadata?.name);
    expect(names).not.toContain(leaver.username);
    expect(names).toEqual(expect.arrayContaining([writer.username, reader.username]));
  });

  it('leaves the others alone: their connections and new ones', async () => {
    await write(asWriter);
    await read(asReader);
    const again = appClient(writer);
    await write(again);
    await again.close();
  });
});

const write = (client: MongoClient) => client.db().collection('notes').insertOne({ at: new Date() });
const read = (client: MongoClient) => client.db().collection('notes').findOne();
