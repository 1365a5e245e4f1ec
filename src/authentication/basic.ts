import { createHash, timingSafeEqual } from 'node:crypto';
import { KeyedCache } from './keyed-cache.js';
import { costOf, matchesHash, paddingCosts, workInVain } from './password-work.js';
import type { PlatformCredential } from './platform-credentials.js';

const mostVerified = 10_000;

/** Users and their passwords, several of each. */
export class BasicPasswords {
  #credentials: readonly PlatformCredential[] = [];
  #hashesOf: ReadonlyMap<string, readonly string[]> = new Map();
  /** What a user's password was found to match: a plain one, or a hash. */
  readonly #verified = new KeyedCache<{ readonly stored: string }>(mostVerified);

  /** From now on these are valid, and no others. */
  replace(credentials: readonly PlatformCredential[]): void {
    this.#credentials = credentials;
    const hashesOf = new Map<string, readonly string[]>();
    for (const { user, password } of credentials.filter(isHashed)) {
      hashesOf.set(user, [...(hashesOf.get(user) ?? []), password]);
    }
    this.#hashesOf = hashesOf;
  }

  /** Whether it is worth asking `matches`, which takes long. */
  get hasHashes(): boolean {
    return this.#hashesOf.size > 0;
  }

  /** Whether these were found to be valid before, and still are. */
  areKnown(user: string, password: string): boolean {
    const known = this.#verified.get(user, password);
    return known !== undefined && this.#isValid(user, known.stored);
  }

  /** Whether these are valid without a hash. Takes as long for wrong ones as for right ones. */
  matchPlain(user: string, password: string): boolean {
    let matches = false;
    for (const credential of this.#credentials) {
      const rightUser = equal(credential.user, user);
      const rightPassword = equal(credential.password, password);
      // Whoever has read a hash has no password yet.
      if (rightUser && rightPassword && !isHashed(credential)) matches = true;
    }
    if (matches) this.#verified.set({ stored: password }, user, password);
    return matches;
  }

  /** Whether they match a hash. Wrong ones take as long for users that nobody knows as for those that there are. */
  async matches(user: string, password: string): Promise<boolean> {
    const hashesOf = this.#hashesOf;
    const own = hashesOf.get(user) ?? [];
    for (const hash of own) {
      if (await matchesHash(password, hash)) {
        this.#verified.set({ stored: hash }, user, password);
        // What is valid may have changed meanwhile.
        return this.#isValid(user, hash) || (await this.matches(user, password));
      }
    }
    const all = [...hashesOf.values()].map((hashes) => hashes.map(cost));
    for (const padding of paddingCosts(own.map(cost), all)) await workInVain(password, padding);
    return false;
  }

  #isValid(user: string, stored: string): boolean {
    return this.#credentials.some((credential) => credential.user === user && credential.password === stored);
  }
}

const isHashed = ({ password }: PlatformCredential): boolean => costOf(password) !== undefined;

const cost = (hash: string): number => costOf(hash) ?? 0;

/** Of digests, since only texts of one length can be compared in constant time. */
function equal(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
