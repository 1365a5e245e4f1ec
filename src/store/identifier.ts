import { randomBytes } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** As names of namespaces (`m-…`) and of users and policies (`b-…`) hold them. */
const inNames = new RegExp(`\\b([mb])-[${alphabet}]{20}\\b`, 'g');

/** A text with `m-…` for each such name: the same for all instances and bindings. */
export const withoutInternalIds = (text: string): string => text.replaceAll(inNames, '$1-…');

/** A new internal id: 20 lower-case base32 characters, 100 random bits; valid inside any Kubernetes or MongoDB name. */
export function newIdentifier(): string {
  return Array.from(randomBytes(20), (byte) => alphabet.charAt(byte & 31)).join('');
}
