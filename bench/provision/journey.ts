import type { BindingBody, Sold } from '../../test/support/broker-driver.js';
import type { ClusterBroker } from '../support/cluster-broker.js';

const bindSeconds = 120;

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

/**
 * From a platform's PUT to a majority write with the credentials that it got. The instance is left as it is.
 * @param everyMilliseconds how often the platform asks last_operation
 */
export async function journey(
  broker: ClusterBroker,
  id: string,
  sold: Sold,
  everyMilliseconds?: number,
): Promise<Timeline> {
  const { driver } = broker;
  const watch = new Stopwatch();
  const { status, body } = await driver.provision(id, sold);
  if (status !== 202) throw new Error(`${id} was answered ${status}: ${JSON.stringify(body)}`);
  watch.mark('accepted');
  await broker.succeed(id, everyMilliseconds);
  watch.mark('provisioned');
  const { credentials } = await bindOnce(broker, id, sold);
  watch.mark('bound');
  await broker.write(credentials);
  watch.mark('majority write');
  return { ...(await broker.stepEnds(String(body.operation), watch.began)), ...watch.timeline };
}

/** A bind that ends within the request asks for nothing else; one that does not, on a machine that is busy, is polled. */
async function bindOnce({ driver }: ClusterBroker, id: string, sold: Sold): Promise<BindingBody> {
  const bindingId = `${id}-app`;
  const asked = await driver.bind(id, bindingId, sold);
  if (asked.status === 202) await driver.poll(id, { bindingId, seconds: bindSeconds });
  const { status, body } = asked.status === 202 ? await driver.fetchBinding(id, bindingId) : asked;
  if (body.credentials) return { ...body, credentials: body.credentials };
  throw new Error(`a bind of ${id} was answered ${status}: ${JSON.stringify(body)}`);
}
