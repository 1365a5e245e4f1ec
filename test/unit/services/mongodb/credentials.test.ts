import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { describe, expect, it } from 'vitest';
import { credentials, endpoints } from '../../../../src/services/mongodb/credentials.js';
import { foundOf } from '../../../../src/services/mongodb/outside/hosts.js';
import type { JsonObject } from '../../../../src/services/service.js';
import { exposedShape, exposedSharded, instance, shape, sharded } from './examples.js';

const host = (ordinal: number) => `rs0-${ordinal}.rs0.m-abcdefghij0123456789.svc.cluster.local`;

it('are what a driver needs', () => {
  const binding = { id: 'xyz', parameters: {}, context: {}, secrets: { password: 'secret' } };
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
  const binding = { id: 'xyz', parameters: { database }, context: {}, secrets: { password } };
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
  const binding = { id: 'xyz', parameters: { database: 'orders' }, context: {}, secrets: { password: 'secret' } };
  const given = credentials(sharded, instance, binding);
  const router = (ordinal: number) => `router-${ordinal}.router.m-abcdefghij0123456789.svc.cluster.local:27017`;
  expect(given).toMatchObject({ hosts: [router(0), router(1)] });
  expect(given.uri).toBe(
    `mongodb://b-xyz:secret@${router(0)},${router(1)}/orders?authSource=admin&tls=true&retryWrites=true&w=majority`,
  );
  expect(given).not.toHaveProperty('replica_set');
});

describe('of a plan with an exposure', () => {
  const found = foundOf({ 'rs0-0': 31000, 'rs0-1': 31001, 'rs0-2': 31002 });
  const inside = [0, 1, 2].map((ordinal) => `${host(ordinal)}:27017`);
  const outside = [0, 1, 2].map((ordinal) => `rs0-${ordinal}.m-abcdefghij0123456789.db.example.com:3100${ordinal}`);
  const uri = (hosts: readonly string[]) =>
    `mongodb://b-xyz:secret@${hosts.join(',')}/orders?replicaSet=rs0&authSource=admin&tls=true&retryWrites=true&w=majority`;
  const given = (context: JsonObject) =>
    credentials(
      exposedShape(),
      { ...instance, found },
      { id: 'xyz', parameters: { database: 'orders' }, context, secrets: { password: 'secret' } },
    );

  it.each<[JsonObject, 'inside' | 'outside']>([
    [{}, 'outside'],
    [{ platform: 'cloudfoundry', organization_guid: 'o', space_guid: 's' }, 'outside'],
    [{ platform: 'kubernetes', namespace: 'shop' }, 'inside'],
    [{ platform: 'kubernetes' }, 'inside'],
    [{ namespace: 'shop' }, 'inside'],
  ])('name both, and first what suits a platform of %j: %s', (context, suitable) => {
    const { host, port } =
      suitable === 'inside'
        ? { host: inside[0]?.replace(':27017', ''), port: 27017 }
        : { host: outside[0]?.replace(':31000', ''), port: 31000 };
    const hosts = suitable === 'inside' ? inside : outside;
    expect(given(context)).toMatchObject({
      ...{ uri: uri(hosts), hosts, host, port },
      ...{ inside_uri: uri(inside), outside_uri: uri(outside) },
    });
  });

  it('come with the addresses of both', () => {
    expect(endpoints(exposedShape(), { found }).map(({ host, ports }) => `${host}:${ports}`)).toEqual([
      ...inside,
      ...outside,
    ]);
  });

  it('of a sharded cluster name the routers that it has, also while more were found', () => {
    const found = foundOf({ 'router-0': 31000, 'router-1': 31001, 'router-2': 31002 });
    const hosts = (count: number) =>
      endpoints(exposedSharded({ routers: count }), { found }).map(({ host, ports: [port] }) => `${host}:${port}`);
    const router = (ordinal: number) => `router-${ordinal}.m-abcdefghij0123456789.db.example.com:3100${ordinal}`;
    expect(hosts(2).slice(2)).toEqual([router(0), router(1)]);
    expect(hosts(3).slice(3)).toEqual([router(0), router(1), router(2)]);
  });
});

it('of other plans say nothing of an outside, whatever was found', () => {
  const binding = { id: 'xyz', parameters: {}, context: {}, secrets: { password: 'secret' } };
  const given = credentials(shape, { ...instance, found: foundOf({ 'rs0-0': 31000 }) }, binding);
  expect(given).not.toHaveProperty('inside_uri');
  expect(given).not.toHaveProperty('outside_uri');
  expect(endpoints(shape, instance)).toHaveLength(3);
});
