import type { Sold } from '../../test/support/broker-driver.js';
import type { Burst, Load, LoadGenerator } from '../support/load.js';
import { authorization, type MeasuredBroker, type Reference } from './servers.js';

export interface Size {
  readonly connections: number;
  readonly seconds: number;
}

/** One burst after the other, each by what it asks for. */
export type ReferenceBursts = Readonly<Record<'bare' | 'constant' | 'read' | 'insert', Burst>>;
export type BrokerBursts = Readonly<Record<'catalog' | 'provision' | 'lastOperation', Burst>> &
  Readonly<Partial<Record<'update' | 'deprovision', Burst>>>;

const headers = { authorization, 'x-broker-api-version': '2.17' };
const jsonHeaders = { ...headers, 'content-type': 'application/json' };
const endless = Number.MAX_SAFE_INTEGER;

/** How many requests take about as long as wanted, by how fast the same ones were before. */
export class Pace {
  readonly #perSecond = new Map<string, number>();

  async burst(
    name: string,
    { connections, seconds }: Size,
    send: (requests: number) => Promise<Burst>,
  ): Promise<Timed> {
    const known = this.#perSecond.get(`${name} ${connections}`) ?? 0;
    const requests = Math.max(4 * connections, Math.round(known * seconds));
    const burst = await send(requests);
    this.#perSecond.set(`${name} ${connections}`, burst.perSecond);
    return { ...burst, requests };
  }
}

interface Timed extends Burst {
  readonly requests: number;
}

type Sent = Pick<Load, 'method' | 'path' | 'expects'> & { readonly body?: object };

const all = (before: string, after: string, count: number) => ({ before, after, count });

export interface Bench {
  readonly load: LoadGenerator;
  readonly pace: Pace;
}

function sending({ load }: Bench, url: string, { connections }: Size) {
  return ({ body, ...sent }: Sent, requests: number) =>
    load.send({
      ...sent,
      url,
      connections,
      requests,
      headers: body ? jsonHeaders : headers,
      ...(body && { body: JSON.stringify(body) }),
    });
}

export async function burstsOnReference(
  bench: Bench,
  { url }: Reference,
  size: Size,
  round: string,
  body: object,
): Promise<ReferenceBursts> {
  const send = sending(bench, url, size);
  const burst = (name: string, sent: Sent) =>
    bench.pace.burst(`reference ${name}`, size, (requests) => send(sent, requests));
  const document = `/document/${round}-`;
  const bare = await burst('bare', { method: 'GET', path: all('/bare/', '', 1), expects: 200 });
  const constant = await burst('constant', { method: 'GET', path: all('/constant/', '', 1), expects: 200 });
  const insert = await burst('insert', { method: 'PUT', path: all(document, '', endless), body, expects: 202 });
  const read = await burst('read', { method: 'GET', path: all(document, '', insert.requests), expects: 200 });
  return { bare, constant, insert, read };
}

/** @param role where none works, instances are also updated and deleted: there is nobody who is to be done with them */
export async function burstsOnBroker(
  bench: Bench,
  broker: MeasuredBroker,
  role: 'api' | 'all',
  size: Size,
  round: string,
  sold: Sold,
): Promise<BrokerBursts> {
  const send = sending(bench, broker.url, size);
  const burst = (name: string, sent: Sent) =>
    bench.pace.burst(`${role} ${name}`, size, (requests) => send(sent, requests));
  const base = `/v2/service_instances/${round}-`;
  const asynchronous = '?accepts_incomplete=true';
  const catalog = await burst('catalog', { method: 'GET', path: all('/v2/catalog?', '', 1), expects: 200 });
  const provision = await burst('provision', {
    method: 'PUT',
    path: all(base, asynchronous, endless),
    body: provisionBody(sold),
    expects: 202,
  });
  const { requests: count } = provision;
  const polled = all(base, '/last_operation', count);
  const lastOperation = await burst('last operation', { method: 'GET', path: polled, expects: 200 });
  await broker.settle(role);
  if (role === 'all') return { catalog, provision, lastOperation };

  const updateBody = { service_id: sold.service_id, parameters: { colour: 'red' } };
  const update = await send(
    { method: 'PATCH', path: all(base, asynchronous, count), body: updateBody, expects: 202 },
    count,
  );
  await broker.settle(role);
  const soldQuery = new URLSearchParams({ accepts_incomplete: 'true', ...sold });
  const deprovision = await send({ method: 'DELETE', path: all(base, `?${soldQuery}`, count), expects: 202 }, count);
  await broker.settle(role);
  return { catalog, provision, lastOperation, update, deprovision };
}

export const provisionBody = (sold: Sold): object => ({
  ...sold,
  organization_guid: 'organization',
  space_guid: 'space',
  context: { platform: 'cloudfoundry', instance_name: 'orders' },
  parameters: {},
});
