import { setTimeout as sleep } from 'node:timers/promises';
import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './schema.js';

/** Requests and answers are typed by `schema.d.ts`, which is generated from openapi/openapi.json. */
export type HoldfastClient = Client<paths>;

export interface HoldfastOptions {
  /** Such as `https://holdfast.example.com`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What every request of the Open Service Broker API names. */
export const apiVersion = { 'X-Broker-API-Version': '2.17' } as const;

export function holdfastClient({ url, user, password }: HoldfastOptions): HoldfastClient {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return createClient<paths>({ baseUrl: url, headers: { authorization, ...apiVersion } });
}

type LastOperation =
  paths['/v2/service_instances/{instance_id}/last_operation']['get']['responses'][200]['content']['application/json'];

/** What the broker answered instead of what was asked for. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/**
 * Asks until an operation has ended, as often as the broker wants to be asked.
 * @param ask one of the two last_operation requests
 * @throws RefusedError where it failed, with the broker's reason
 */
export async function untilDone(
  ask: () => Promise<{ readonly data?: LastOperation; readonly error?: unknown; readonly response: Response }>,
  seconds = 900,
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const { data, error, response } = await ask();
    if (!data) throw refused(response, error);
    if (data.state === 'succeeded') return;
    if (data.state === 'failed') throw new RefusedError(data.description);
    if (Date.now() > deadline) throw new RefusedError(`still in progress after ${seconds} s: ${data.description}`);
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000);
  }
}

export function refused({ status }: Response, error: unknown): RefusedError {
  return new RefusedError(`the broker answered ${status}: ${JSON.stringify(error)}`);
}
