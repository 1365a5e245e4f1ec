import { once } from 'node:events';
import type { ChangeStream, ChangeStreamDocument, Db, Document } from 'mongodb';
import type { JsonObject } from '../../src/services/service.js';
import type { KeyRing, Sealed } from '../../src/store/encryption.js';

/** What one write to the store changed of an operation: dotted names, as in `lease.owner`. */
export interface OperationChange {
  readonly operation: string;
  /** By the store's clock. */
  readonly at: Date;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Follows every write to a broker's store from outside: what an operation's state was between any two instants, and
 * every secret that was ever stored, also of what was deleted meanwhile.
 */
export class StoreWatch {
  readonly changes: OperationChange[] = [];
  /** The newest ones by what they are, such as `service_instances/3f…/secrets.keyFile`; those before with a number. */
  readonly secrets = new Map<string, string>();
  /** Each change of a record's secrets, such as `service_instances/3f…/secrets`: one a record, and those of rotations. */
  readonly generated: string[] = [];
  readonly #newest = new Map<string, string>();
  #failure: unknown;

  private constructor(
    private readonly stream: ChangeStream,
    private readonly keys: KeyRing,
  ) {
    stream.on('change', (change) => this.#note(change));
    stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  static async start(store: Db, keys: KeyRing): Promise<StoreWatch> {
    const { operationTime } = await store.command({ ping: 1 });
    return new StoreWatch(store.watch([], { startAtOperationTime: operationTime, maxAwaitTimeMS: 500 }), keys);
  }

  async stop(): Promise<void> {
    await this.stream.close();
    if (this.#failure) throw this.#failure;
  }

  /** All that was written to an operation, oldest first. */
  of(operation: string): readonly OperationChange['fields'][] {
    return this.changes.filter((change) => change.operation === operation).map(({ fields }) => fields);
  }

  /** What an operation's fields are now. */
  current(operation: string): OperationChange['fields'] {
    return Object.assign({}, ...this.of(operation));
  }

  /** The first description of an operation that matches: what last_operation tells from then on. */
  async untilDescription(operation: string, pattern: RegExp, seconds = 90): Promise<string> {
    return await this.until(`description ${pattern} of ${operation}`, seconds, () =>
      this.of(operation)
        .map(({ progress }) => progress)
        .find((progress): progress is string => typeof progress === 'string' && pattern.test(progress)),
    );
  }

  /** Asks after each change, until there is an answer. */
  async until<Answer>(what: string, seconds: number, ask: () => Answer | undefined): Promise<Answer> {
    const deadline = AbortSignal.timeout(seconds * 1000);
    for (;;) {
      const answer = ask();
      if (answer !== undefined) return answer;
      if (this.#failure) throw this.#failure;
      await once(this.stream, 'change', { signal: deadline }).catch(() => {
        throw new Error(
          `not within ${seconds} s: ${what}; the last changes: ${JSON.stringify(this.changes.slice(-5))}`,
        );
      });
    }
  }

  #note(change: ChangeStreamDocument): void {
    if (change.operationType !== 'insert' && change.operationType !== 'update') return;
    const collection = change.ns.coll;
    const id = String(change.documentKey._id);
    const written = change.operationType === 'insert' ? change.fullDocument : change.updateDescription.updatedFields;
    const fields = flatten(written ?? {});
    const at = change.wallTime ?? new Date();
    if (collection === 'operations') this.changes.push({ operation: id, at, fields });
    const sealed: unknown = written?.secrets;
    if (!sealed) return;
    const place = `${collection}/${id}/secrets` as const;
    const opened = this.keys.open(sealed as Sealed, place);
    if (this.#newest.get(place) === JSON.stringify(opened)) return;
    this.#newest.set(place, JSON.stringify(opened));
    this.generated.push(place);
    for (const [name, text] of texts(opened)) this.#keep(`${place}.${name}`, text);
  }

  #keep(name: string, text: string): void {
    const former = this.secrets.get(name);
    if (former !== undefined && former !== text) this.secrets.set(`${name} before ${this.generated.length}`, former);
    this.secrets.set(name, text);
  }
}

function flatten(document: Document, prefix = ''): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(document)) {
    if (isPlain(value)) Object.assign(fields, flatten(value, `${prefix}${name}.`));
    else fields[`${prefix}${name}`] = value;
  }
  return fields;
}

function isPlain(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function texts(secrets: JsonObject, prefix = ''): (readonly [string, string])[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    if (typeof value === 'string') return [[`${prefix}${name}`, value] as const];
    return value !== null && typeof value === 'object' ? texts(value as JsonObject, `${prefix}${name}.`) : [];
  });
}
