import type { BrokerPlace } from './broker-place.js';

/** The process of an owner, as src/broker.ts and the executor name holders of leases: `host/pid/process/run`. */
export const processOf = (owner: string): number => Number(owner.split('/')[1]);

/** Who held an operation's lease, one after the other, by their process ids; `null` where it was given back. */
export function holders(place: BrokerPlace, operation: string): readonly (number | null)[] {
  return place.watch
    .of(operation)
    .filter((fields) => 'lease.owner' in fields)
    .map(({ 'lease.owner': owner }) => (typeof owner === 'string' ? processOf(owner) : null));
}

/** How often a lease changed hands although its holder had not given it back. */
export function takenAway(place: BrokerPlace, operation: string): number {
  const owners = place.watch
    .of(operation)
    .filter((fields) => 'lease.owner' in fields)
    .map((fields) => fields['lease.owner']);
  return owners.filter((owner, index) => owner !== null && (owners[index - 1] ?? null) !== null).length;
}
