import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Binary } from 'mongodb';
import type { JsonObject } from '../services/service.js';

/** JSON encrypted with AES-256-GCM; what it belongs to is bound to it as associated data, so it opens nowhere else. */
export interface Sealed {
  /** Id of the key in the ring. */
  readonly key: string;
  readonly iv: Binary;
  readonly tag: Binary;
  readonly text: Binary;
}

/** Which record and field a sealed value belongs to, such as `service_instances/3f…/secrets`. */
export type Place = `${string}/${string}/${string}`;

export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
}

export interface RingKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** The first key encrypts; every key decrypts what was encrypted with it. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: RingKey;

  constructor(keys: readonly RingKey[]) {
    const [current] = keys;
    if (!current) throw new RangeError('a key ring needs at least one key');
    this.#current = current;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  /** Ids of its keys, in order. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Id of the key that encrypts. */
  get current(): string {
    return this.#current.id;
  }

  /** Seals what was sealed with any of its keys once more, with the first one. Throws as `open` does. */
  reseal(sealed: Sealed, place: Place): Sealed {
    return this.seal(this.open(sealed, place), place);
  }

  seal(value: JsonObject, place: Place): Sealed {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#current.key, iv).setAAD(Buffer.from(place));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return { key: this.#current.id, iv: new Binary(iv), tag: new Binary(cipher.getAuthTag()), text: new Binary(text) };
  }

  /** @throws UnknownKeyError where the ring lacks the key; an Error where the value was changed or moved */
  open(sealed: Sealed, place: Place): JsonObject {
    const key = this.#keys.get(sealed.key);
    if (!key) throw new UnknownKeyError(`no encryption key has the id ${sealed.key}`);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.iv.value(), { authTagLength: 16 })
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.tag.value());
    return JSON.parse(Buffer.concat([decipher.update(sealed.text.value()), decipher.final()]).toString('utf8'));
  }
}
