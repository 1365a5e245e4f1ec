import type { Db } from 'mongodb';
import { isDuplicateKey } from './store.js';

interface LockRecord {
  readonly _id: string;
  readonly owner: string;
  readonly until: Date;
}

/** Named locks that end by themselves, by the store's clock. */
export class Locks {
  constructor(
    private readonly database: Db,
    /** Who holds what this object takes: unique to the process. */
    private readonly owner: string,
  ) {}

  /** Takes a lock, or prolongs one that is held already, for `milliseconds` from now. False where another holds it. */
  async take(name: string, milliseconds: number): Promise<boolean> {
    const free = { $or: [{ owner: this.owner }, { $expr: { $lte: ['$until', '$$NOW'] } }] };
    const until = { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: milliseconds } };
    const take = async () => {
      const taken = await this.#locks.updateOne({ _id: name, ...free }, [{ $set: { owner: this.owner, until } }]);
      return taken.matchedCount === 1;
    };
    // An upsert cannot ask by $$NOW, so a lock that is taken for the first time is made first, free.
    return (await take()) || ((await this.#create(name)) && (await take()));
  }

  async release(name: string): Promise<void> {
    await this.#locks.deleteOne({ _id: name, owner: this.owner });
  }

  async #create(name: string): Promise<boolean> {
    try {
      await this.#locks.insertOne({ _id: name, owner: '', until: new Date(0) });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  get #locks() {
    return this.database.collection<LockRecord>('locks');
  }
}
