import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { BSON, type Db } from 'mongodb';
import type { JsonObject } from '../../src/services/service.js';

/** What may be told in some place: in `store`, in `log`, in `answers`, in `redis`. Secrets may be nowhere. */
type Place = 'store' | 'log' | 'answers' | 'redis' | 'arguments';

interface Canary {
  readonly name: string;
  readonly mayBeIn: readonly Place[];
  /** Its bytes by the form that they are in. */
  readonly forms: readonly (readonly [form: string, bytes: Buffer])[];
}

/** Shorter parts of a secret say nothing. */
const shortest = 8;

/** Secrets that a test knows, and the search for them, in any form, in whatever Holdfast writes. */
export class Canaries {
  readonly #canaries: Canary[] = [];
  /** Where something was found that may not be there, such as `a password in base64 in the log: …`. */
  readonly findings: string[] = [];

  get count(): number {
    return this.#canaries.length;
  }

  /** A new secret, which shows in every form: also its characters that URLs and JSON write otherwise. */
  plant(name: string, ...mayBeIn: readonly Place[]): string {
    return this.know(name, `${randomBytes(9).toString('hex')}+/ "é${randomBytes(3).toString('hex')}`, ...mayBeIn);
  }

  /** A new secret of letters and digits only, for where others cannot stand. */
  plantPlain(name: string, ...mayBeIn: readonly Place[]): string {
    return this.know(name, `c${randomBytes(12).toString('hex')}`, ...mayBeIn);
  }

  /** A secret that was made elsewhere. @returns it */
  know(name: string, secret: string, ...mayBeIn: readonly Place[]): string {
    this.#canaries.push({ name, mayBeIn, forms: formsOf(Buffer.from(secret)) });
    return secret;
  }

  /** All texts in some secrets, line by line where they have several; public certificates are left out. */
  knowAll(name: string, secrets: JsonObject): void {
    for (const [field, value] of Object.entries(secrets)) {
      if (typeof value === 'string' && field !== 'certificate') this.#knowLines(`${name}.${field}`, value);
      else if (isObject(value)) this.knowAll(`${name}.${field}`, value);
    }
  }

  #knowLines(name: string, secret: string): void {
    const lines = secret.split('\n').filter((line) => line.length >= shortest && !line.startsWith('-----'));
    for (const line of lines) this.know(name, line);
  }

  /** A secret that is no text. */
  knowBytes(name: string, bytes: Buffer): void {
    this.#canaries.push({ name, mayBeIn: [], forms: formsOf(bytes) });
  }

  search(place: Place, where: string, content: string | Buffer): void {
    const bytes = Buffer.from(content);
    for (const { name, mayBeIn, forms } of this.#canaries) {
      if (mayBeIn.includes(place)) continue;
      const found = forms.find(([, form]) => bytes.includes(form));
      if (found) this.findings.push(`${name} ${found[0]} in ${place}: ${where}`);
    }
  }

  /** Every key that there is, with its value as Redis stores and as it answers it. @returns how many */
  async searchRedis(redis: Redis): Promise<number> {
    const keys = await redis.keys('*');
    for (const key of keys) {
      this.search('redis', 'a name', key);
      // Compressed, perhaps; so as it is, too.
      this.search('redis', key, (await redis.dumpBuffer(key)) ?? '');
      this.search('redis', key, JSON.stringify(await storedValue(redis, key)));
    }
    return keys.length;
  }

  /** Every file below a folder, such as the one that Redis writes its commands to. @returns the bytes */
  searchFiles(place: Place, folder: string): number {
    let bytes = 0;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = readFileSync(join(entry.parentPath, entry.name));
      this.search(place, entry.name, content);
      bytes += content.length;
    }
    return bytes;
  }

  /** Every document of every collection, byte by byte. @returns how many */
  async searchStore(store: Db): Promise<number> {
    let documents = 0;
    for (const { collectionName } of await store.collections()) {
      for await (const raw of store.collection(collectionName).find({}, { raw: true })) {
        if (!Buffer.isBuffer(raw)) throw new Error('the driver gave no bytes');
        this.search('store', `${collectionName} ${String(BSON.deserialize(raw)._id)}`, raw);
        documents += 1;
      }
    }
    return documents;
  }

  /** What the operating system shows of a process to everybody. */
  searchArguments(pid: number): void {
    this.search('arguments', String(pid), readFileSync(`/proc/${pid}/cmdline`));
  }
}

function formsOf(bytes: Buffer): Canary['forms'] {
  const text = bytes.toString('utf8');
  const url = encodeURIComponent(text);
  const texts: [string, string][] = [
    ['in hexadecimal digits', bytes.toString('hex')],
    ['in capital hexadecimal digits', bytes.toString('hex').toUpperCase()],
    ['as part of a URL', url],
    ['as part of a form', url.replaceAll('%20', '+')],
    ['as JSON', JSON.stringify(text).slice(1, -1)],
    ['as JSON in JSON', JSON.stringify(JSON.stringify(text)).slice(3, -3)],
    ...alignmentsOf(bytes).flatMap((aligned): [string, string][] => [
      ['in base64', aligned],
      ['in base64 for URLs', aligned.replaceAll('+', '-').replaceAll('/', '_')],
    ]),
  ];
  return [['as it is', bytes], ...texts.map(([form, encoded]) => [form, Buffer.from(encoded)] as const)];
}

/** What all texts in base64 share that hold the bytes, whatever stands before and after them. */
function alignmentsOf(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const first = Math.ceil((before * 8) / 6);
    return encoded.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
  });
}

async function storedValue(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return await redis.get(key);
    case 'hash':
      return await redis.hgetall(key);
    case 'list':
      return await redis.lrange(key, 0, -1);
    case 'set':
      return await redis.smembers(key);
    case 'zset':
      return await redis.zrange(key, 0, -1, 'WITHSCORES');
    case 'stream':
      return await redis.xrange(key, '-', '+');
    default:
      return undefined;
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
