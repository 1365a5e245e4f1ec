import type { Sold } from '../../test/support/broker-driver.js';
import type { ClusterBroker } from '../support/cluster-broker.js';

/** What was reached when, in milliseconds since the beginning. */
export type Timeline = Readonly<Record<string, number>>;

export class Stopwatch {
  readonly #began = Date.now();
  readonly #marks: Record<string, number> = {};

  get began(): number {
    return this.#began;
  }

  mark(name: string): void {
    this.#marks[name] = Date.now() - this.#began;
  }

  get timeline(): Timeline {
    return this.#marks;
  }
}

/** From a platform's PUT to a majority write with the credentials that it got. The instance is left as it is. */
export async function journey(broker: ClusterBroker, id: string, sold: Sold): Promise<Timeline> {
  const { driver } = broker;
  const watch = new Stopwatch();
  const { status, body } = await driver.provision(id, sold);
  if (status !== 202) throw new Error(`${id} was answered ${status}: ${JSON.stringify(body)}`);
  watch.mark('accepted');
  await broker.succeed(id);
  watch.mark('provisioned');
  const bound = await driver.bind(id, `${id}-app`, sold);
  if (bound.status === 202) await broker.succeed(id, `${id}-app`);
  const { credentials = (await driver.fetchBinding(id, `${id}-app`)).body.credentials } = bound.body;
  watch.mark('bound');
  await broker.write(credentials);
  watch.mark('majority write');
  return { ...(await broker.stepEnds(String(body.operation), watch.began)), ...watch.timeline };
}
