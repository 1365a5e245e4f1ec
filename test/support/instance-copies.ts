import { digestOf, nextBlock } from '../../src/audit/block.js';
import type { AuditKey } from '../../src/store/audit-keys.js';
import type { KeyRing, Sealed } from '../../src/store/encryption.js';
import { newIdentifier } from '../../src/store/identifier.js';
import type {
  AuditEventRecord,
  OperationRecord,
  ServiceBindingRecord,
  ServiceInstanceRecord,
} from '../../src/store/records.js';
import { isDuplicateKey, type Store } from '../../src/store/store.js';

/** All that a store holds of one instance, as a broker left it there. */
export interface Sample {
  readonly instance: ServiceInstanceRecord;
  readonly bindings: readonly ServiceBindingRecord[];
  readonly operations: readonly OperationRecord[];
  readonly events: readonly AuditEventRecord[];
}

/** What the brokers on a store seal and vouch with. */
export interface Keys {
  readonly ring: KeyRing;
  readonly audit: AuditKey;
}

export interface Copied {
  /** The platform's id of the copy with this number, from 0. */
  readonly name: (number: number) => string;
  /** Milliseconds by which its times are before those of its sample. */
  readonly age: (number: number) => number;
}

const atOnce = 500;

/** Of some of the platform's ids. */
export async function samplesOf(store: Store, ...names: readonly string[]): Promise<readonly Sample[]> {
  const instances = await store.instances.find({ instanceId: { $in: names } }).toArray();
  return await Promise.all(
    instances.map(async (instance) => {
      const [bindings, operations] = await Promise.all([
        store.bindings.find({ instance: instance._id }).toArray(),
        store.operations.find({ instance: instance._id }).toArray(),
      ]);
      const events = await store.auditEvents.find({ operation: { $in: operations.map(({ _id }) => _id) } }).toArray();
      return { instance, bindings, operations, events };
    }),
  );
}

/**
 * Adds copies of samples in turn, as if the broker had made each: with ids of its own, what is sealed sealed anew, and
 * its events in the chain.
 */
export async function addCopies(
  store: Store,
  { ring, audit }: Keys,
  samples: readonly Sample[],
  count: number,
  copied: Copied,
): Promise<void> {
  for (let start = 0; start < count; start += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - start) }, (_, index) => start + index);
    const copies = numbers.map((number) => copyOf(samples[number % samples.length], number, copied, ring));
    await Promise.all([
      insert(
        store.instances,
        copies.map(({ instance }) => instance),
      ),
      insert(
        store.bindings,
        copies.flatMap(({ bindings }) => bindings),
      ),
      insert(
        store.operations,
        copies.flatMap(({ operations }) => operations),
      ),
      insert(
        store.auditEvents,
        copies.flatMap(({ events }) => events),
      ),
    ]);
    await seal(
      store,
      audit,
      copies.flatMap(({ events }) => events),
    );
  }
}

/** Adds a block, unless a broker was faster: then another one. */
async function seal(store: Store, audit: AuditKey, events: readonly AuditEventRecord[]): Promise<void> {
  const [head] = await store.auditChain.find().sort({ _id: -1 }).limit(1).toArray();
  const sealed = events.map((event) => ({ id: event._id, digest: digestOf(event) }));
  try {
    await store.auditChain.insertOne(nextBlock(head, { at: await store.now(), events: sealed }, audit));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    await seal(store, audit, events);
  }
}

interface Insertable<Record> {
  insertMany(records: Record[], options: { readonly ordered: boolean }): Promise<unknown>;
}

async function insert<Record>(collection: Insertable<Record>, records: Record[]): Promise<void> {
  if (records.length > 0) await collection.insertMany(records, { ordered: false });
}

function copyOf(sample: Sample | undefined, number: number, { name, age }: Copied, ring: KeyRing): Sample {
  if (!sample) throw new Error('there is no sample to copy');
  const ids = new Map<string, string>([
    [sample.instance._id, newIdentifier()],
    ...sample.bindings.map(({ _id }) => [_id, newIdentifier()] as const),
    ...sample.operations.map(({ _id }) => [_id, `op-${newIdentifier()}`] as const),
    ...sample.events.map(({ _id }) => [_id, newIdentifier()] as const),
    [sample.instance.instanceId, name(number)],
    ...sample.bindings.map(({ bindingId }) => [bindingId, `${bindingId}-of-${name(number)}`] as const),
  ]);
  const copy = <Value>(value: Value): Value => renewed(value, ids, age(number)) as Value;
  const owned = <Record extends ServiceInstanceRecord | ServiceBindingRecord>(record: Record, collection: string) => {
    const made = copy(record);
    const resealed = Object.entries({ parameters: record.parameters, secrets: record.secrets })
      .filter((entry): entry is [string, Sealed] => entry[1] !== undefined)
      .map(([field, sealed]) => {
        const opened = ring.open(sealed, `${collection}/${record._id}/${field}`);
        return [field, ring.seal(opened, `${collection}/${made._id}/${field}`)];
      });
    return { ...made, ...Object.fromEntries(resealed) };
  };
  return {
    instance: owned(sample.instance, 'service_instances'),
    bindings: sample.bindings.map((binding) => owned(binding, 'service_bindings')),
    operations: copy(sample.operations),
    events: copy(sample.events),
  };
}

/** The same with other ids and earlier times, however deep they stand. */
function renewed(value: unknown, ids: ReadonlyMap<string, string>, milliseconds: number): unknown {
  if (typeof value === 'string') return ids.get(value) ?? value;
  // What was never held is free since ever.
  if (value instanceof Date) return value.getTime() === 0 ? value : new Date(value.getTime() - milliseconds);
  if (Array.isArray(value)) return value.map((each) => renewed(each, ids, milliseconds));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, renewed(held, ids, milliseconds)]));
}
