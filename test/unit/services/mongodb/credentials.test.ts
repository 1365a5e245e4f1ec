import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { expect, it } from 'vitest';
import { credentials } from '../../../../src/services/mongodb/credentials.js';
import { instance, shape, sharded } from './examples.js';

const host = (ordinal: number) => `rs0-${ordinal}.rs0.m-abcdefghij0123456789.svc.cluster.local`;

it('are what a driver needs', () => {
  const binding = { id: 'xyz', parameters: {}, secrets: { password: 'secret' } };
  expect(credentials(shape, instance, binding)).toEqual({
    type: 'mongodb',
    provider: 'holdfast',
    uri: `mongodb://b-xyz:secret@${host(0)}:27017,${host(1)}:27017,${host(2)}:27017/db-abcdefghij0123456789?replicaSet=rs0&authSource=admin&tls=true&retryWrites=true&w=majority`,
    hosts: [`${host(0)}:27017`, `${host(1)}:27017`, `${host(2)}:27017`],
    host: host(0),
    port: 27017,
    username: 'b-xyz',
    password: 'secret',
    database: 'db-abcdefghij0123456789',
    replica_set: 'rs0',
    auth_source: 'admin',
    tls: true,
    ca_certificate: 'the CA certificate\n',
  });
});

it.each([
  { database: 'orders', password: 'secret' },
  { database: 'orders', password: 'a:b@c/d?%' },
  { database: "!#%&'()+,;=@^_`{}~[]", password: 'secret' },
  { database: '100%25', password: 'secret' },
  { database: 'größe', password: 'secret' },
  { database: '注文', password: 'secret' },
])('encode what a connection string cannot hold as it is: %j', ({ database, password }) => {
  const binding = { id: 'xyz', parameters: { database }, secrets: { password } };
  const { uri } = credentials(shape, instance, binding);
  const parsed = new ConnectionString(String(uri));
  expect(String(uri)).toMatch(/^[\x21-\x7e]+$/);
  expect(decodeURIComponent(parsed.password)).toBe(password);
  expect(decodeURIComponent(parsed.pathname)).toBe(`/${database}`);
  expect(parsed.hosts).toHaveLength(3);
  expect(parsed.searchParams.get('replicaSet')).toBe('rs0');
  expect(new MongoClient(String(uri)).db().databaseName).toBe(database);
});

it('of a sharded cluster name its routers only', () => {
  const binding = { id: 'xyz', parameters: { database: 'orders' }, secrets: { password: 'secret' } };
  const given = credentials(sharded, instance, binding);
  const router = (ordinal: number) => `router-${ordinal}.router.m-abcdefghij0123456789.svc.cluster.local:27017`;
  expect(given).toMatchObject({ hosts: [router(0), router(1)] });
  expect(given.uri).toBe(
    `mongodb://b-xyz:secret@${router(0)},${router(1)}/orders?authSource=admin&tls=true&retryWrites=true&w=majority`,
  );
  expect(given).not.toHaveProperty('replica_set');
});
