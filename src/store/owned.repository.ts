import type {
  AnyBulkWriteOperation,
  ClientSession,
  Collection,
  Document,
  Filter,
  OptionalId,
  UpdateFilter,
  WithId,
} from 'mongodb';
import type { JsonObject } from '../services/service.js';
import { sideEffect } from '../side-effects.js';
import type { KeyRing, Place, Sealed } from './encryption.js';
import { type IdField, type LivingAt, livingAt } from './living.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from './records.js';

/** Adds a record, or changes one that still is as it was seen. */
export type Statement<Owned extends Document> = AnyBulkWriteOperation<Owned>;

/** What comes after a record in the order of a time and the id: the first condition is what an index is entered by. */
export function follows(path: string, at: Date, id: string) {
  return { [path]: { $gte: at }, $or: [{ [path]: { $gt: at } }, { _id: { $gt: id } }] };
}

/** What instances and bindings have in common: an internal id, one living record a platform's id, and sealed fields. */
export abstract class OwnedRepository<Owned extends ServiceInstanceRecord | ServiceBindingRecord> {
  readonly #living: LivingAt<WithId<Owned>>;

  /** @param idField what the platform's id is called */
  protected constructor(
    protected readonly collection: Collection<Owned>,
    private readonly keys: KeyRing,
    idField: IdField,
  ) {
    this.#living = livingAt(idField, (filter) => this.#findAll(filter as Filter<Owned>));
  }

  async find(id: string): Promise<WithId<Owned> | null> {
    return await this.collection.findOne({ _id: id } as Filter<Owned>);
  }

  async #findAll(which: Filter<Owned>): Promise<readonly WithId<Owned>[]> {
    return await this.collection.find(which).toArray();
  }

  async findLiving(platform: string, id: string): Promise<WithId<Owned> | undefined> {
    return await this.#living.load({ platform, id });
  }

  insertion(record: Owned): Statement<Owned> {
    return { insertOne: { document: record as unknown as OptionalId<Owned> } };
  }

  /**
   * Throws a duplicate-key error where a platform's id is in use.
   * @returns whether all that was to be changed was as it was seen
   */
  async write(statements: readonly Statement<Owned>[], session: ClientSession): Promise<boolean> {
    if (statements.length === 0) return true;
    const { insertedCount, matchedCount } = await this.collection.bulkWrite(statements, { session });
    return insertedCount + matchedCount === statements.length;
  }

  seal(id: string, field: 'parameters' | 'secrets', value: JsonObject): Sealed {
    return this.keys.seal(value, this.#place(id, field));
  }

  parametersOf(record: Owned): JsonObject {
    return record.parameters ? this.open(record._id, 'parameters', record.parameters) : {};
  }

  secretsOf(record: Owned): JsonObject | undefined {
    return record.secrets && this.open(record._id, 'secrets', record.secrets);
  }

  protected open(id: string, field: 'parameters' | 'secrets', sealed: Sealed): JsonObject {
    return this.keys.open(sealed, this.#place(id, field));
  }

  /** Stores what was generated, unless something was already; answers what is stored from now on. */
  async keepSecrets(id: string, generated: JsonObject, besides: Partial<Owned> = {}): Promise<JsonObject> {
    await sideEffect(`keep secrets of ${this.collection.collectionName}`, () =>
      this.change(
        { _id: id, living: true, secrets: { $exists: false } } as Filter<Owned>,
        { $set: { ...besides, secrets: this.seal(id, 'secrets', generated) } } as UpdateFilter<Owned>,
      ),
    );
    const kept = await this.find(id);
    const secrets = kept && this.secretsOf(kept as Owned);
    if (!secrets) throw new Error(`${this.collection.collectionName}/${id} is gone`);
    return secrets;
  }

  /** Every operation that is accepted for a record itself leaves its id in it. */
  protected unchangedSince({ _id, phase, lastOperation }: Owned): Filter<Owned> {
    return { _id, living: true, phase, lastOperation } as Filter<Owned>;
  }

  /** @returns whether there was something to change */
  protected async change(which: Filter<Owned>, update: UpdateFilter<Owned>, session?: ClientSession): Promise<boolean> {
    const { matchedCount } = await this.collection.updateOne(which, update, session ? { session } : {});
    return matchedCount === 1;
  }

  #place(id: string, field: string): Place {
    return `${this.collection.collectionName}/${id}/${field}`;
  }
}
