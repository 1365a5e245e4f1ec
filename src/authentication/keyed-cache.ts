import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * Remembers what was found out about secrets, without the secrets: by digests under a key that only this process has.
 * Bounded: what was used least lately goes first.
 */
export class KeyedCache<Value extends object> {
  readonly #key = randomBytes(32);
  readonly #values: LRUCache<string, Value>;

  /** @param lifetimeMilliseconds for ever, where it is left out */
  constructor(most: number, lifetimeMilliseconds?: number) {
    this.#values = new LRUCache({
      max: most,
      ...(lifetimeMilliseconds !== undefined && { ttl: lifetimeMilliseconds }),
    });
  }

  get(...secret: readonly string[]): Value | undefined {
    return this.#values.get(this.#digest(secret));
  }

  set(value: Value, ...secret: readonly string[]): void {
    this.#values.set(this.#digest(secret), value);
  }

  delete(...secret: readonly string[]): void {
    this.#values.delete(this.#digest(secret));
  }

  /** As JSON, so that no two lists of texts are one. */
  #digest(secret: readonly string[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(secret)).digest('base64');
  }
}
