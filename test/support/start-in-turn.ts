import { Turns } from '../../src/brokering/turns.js';
import type { BrokerPlace } from './broker-place.js';
import type { BrokerProcess } from './broker-process.js';

const turns = new Turns();

/** Starts a broker once no other one starts: many that start at once all take long, and are given up. */
export async function startInTurn(place: BrokerPlace, environment: NodeJS.ProcessEnv = {}): Promise<BrokerProcess> {
  return await turns.take('start', () => place.start(environment));
}
