import DataLoader from 'dataloader';
import type { Document } from 'mongodb';

/** A platform, and its id of an instance or of a binding. */
export interface Address {
  readonly platform: string;
  readonly id: string;
}

export type IdField = 'instanceId' | 'bindingId';
export type LivingAt<Found> = DataLoader<Address, Found | undefined>;

const mostAtOnce = 100;

/**
 * Finds what is living at an address. Those who ask in one turn of the event loop share a command: under load that is
 * most of what a poll or a decision costs. Nothing is kept for who asks later.
 * @param idField what the platform's id is called
 * @param find all that a filter matches
 */
export function livingAt<Found extends { readonly platform: string }>(
  idField: IdField,
  find: (filter: Document) => Promise<readonly Found[]>,
): LivingAt<Found> {
  const addressOf = (found: Found) => {
    const { [idField]: id } = found as Readonly<Record<string, unknown>>;
    return keyOf({ platform: found.platform, id: String(id) });
  };
  const findAll = async (addresses: readonly Address[]) => {
    const found = await find(livingAmong(idField, addresses));
    const byAddress = new Map(found.map((each) => [addressOf(each), each]));
    return addresses.map((address) => byAddress.get(keyOf(address)));
  };
  return new DataLoader(findAll, {
    cache: false,
    maxBatchSize: mostAtOnce,
    batchScheduleFn: (dispatch) => void setImmediate(dispatch),
  });
}

/** Each platform is an entrance of its own to the index; one address alone is the plainest of filters. */
export function livingAmong(idField: IdField, addresses: readonly Address[]): Document {
  const idsByPlatform = new Map<string, string[]>();
  for (const { platform, id } of addresses) {
    const ids = idsByPlatform.get(platform);
    if (ids) ids.push(id);
    else idsByPlatform.set(platform, [id]);
  }
  const filters = [...idsByPlatform].map(([platform, ids]) => ({
    platform,
    [idField]: ids.length === 1 ? ids[0] : { $in: ids },
    living: true,
  }));
  return filters.length === 1 && filters[0] ? filters[0] : { $or: filters };
}

const keyOf = ({ platform, id }: Address) => JSON.stringify([platform, id]);
