import { Connection } from 'mongodb/lib/cmap/connection.js';
import { tell } from '../observability/events.js';

/** What the driver asks for itself. */
const ofTheDriver = /^(hello|ismaster|sasl|endSessions)/i;

let isTold = false;

/**
 * Has the driver's connections tell how long the store took to answer, once a process. The driver's own command events
 * would decode each answer a second time: a third more work for whoever polls an operation.
 */
export function tellCommandTimes(): void {
  if (isTold) return;
  isTold = true;
  const { command: original } = Connection.prototype;
  Connection.prototype.command = function timed(namespace, command, ...rest) {
    const began = performance.now();
    const answer = original.call(this, namespace, command, ...rest);
    const [name = ''] = Object.keys(command);
    if (!ofTheDriver.test(name)) {
      const told = (outcome: 'succeeded' | 'failed') => () =>
        tell('storeAnswered', { command: name, outcome, seconds: (performance.now() - began) / 1_000 });
      answer.then(told('succeeded'), told('failed'));
    }
    return answer;
  };
}
