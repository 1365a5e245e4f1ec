import { randomBytes } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** A new internal id: 20 lower-case base32 characters, 100 random bits; valid inside any Kubernetes or MongoDB name. */
export function newIdentifier(): string {
  return Array.from(randomBytes(20), (byte) => alphabet.charAt(byte & 31)).join('');
}
