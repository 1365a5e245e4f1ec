import type { BrokerPlace } from './broker-place.js';

/** Who held an operation's lease, one after the other, by their process ids; `null` where it was given back. */
export function holders(place: BrokerPlace, operation: string): readonly (number | null)[] {
  return place.watch
    .of(operation)
    .filter((fields) => 'lease.owner' in fields)
    .map(({ 'lease.owner': owner }) => (typeof owner === 'string' ? Number(owner.split('/')[1]) : null));
}

/** How often a lease changed hands although its holder had not given it back. */
export function takenAway(place: BrokerPlace, operation: string): number {
  const owners = place.watch
    .of(operation)
    .filter((fields) => 'lease.owner' in fields)
    .map((fields) => fields['lease.owner']);
  return owners.filter((owner, index) => owner !== null && (owners[index - 1] ?? null) !== null).length;
}
