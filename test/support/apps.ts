import { MongoClient, type MongoClientOptions } from 'mongodb';
import { expect } from 'vitest';
import type { BindBody, BrokerDriver, Sold } from './broker-driver.js';
import { appLookup } from './outside.js';

/** What an app is given. */
export interface AppCredentials {
  readonly uri: string;
  readonly ca_certificate: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly hosts: readonly string[];
}

export const operationSeconds = 120;

/** Asks for an instance and waits until it is ready. */
export async function provision(broker: BrokerDriver, instanceId: string, sold: Sold): Promise<void> {
  const { status } = await broker.provision(instanceId, sold);
  expect(status).toBe(202);
  expect(await broker.poll(instanceId, { seconds: operationSeconds })).toMatchObject({ state: 'succeeded' });
}

/** Asks for a binding, waits until it is ready, and fetches it. */
export async function bind(
  broker: BrokerDriver,
  instanceId: string,
  bindingId: string,
  body: BindBody,
): Promise<AppCredentials> {
  const { status } = await broker.bind(instanceId, bindingId, body);
  // Done within the request, or not yet.
  expect([201, 202]).toContain(status);
  const ended = await broker.poll(instanceId, { bindingId, seconds: operationSeconds });
  expect(ended).toMatchObject({ state: 'succeeded' });
  const fetched = await broker.fetchBinding(instanceId, bindingId);
  expect(fetched.status).toBe(200);
  return fetched.body.credentials as unknown as AppCredentials;
}

/** The driver of an app outside of the cluster: `uri` and `ca_certificate`, and where the names are found. */
export function appClient(
  { uri, ca_certificate }: Pick<AppCredentials, 'uri' | 'ca_certificate'>,
  over: MongoClientOptions = {},
): MongoClient {
  return new MongoClient(uri, {
    ca: ca_certificate,
    lookup: appLookup(),
    serverSelectionTimeoutMS: 20_000,
    ...over,
  });
}
