import { costOf, leastCost, mostCost } from './password-work.js';

/** What a platform proves who it is with. Several passwords of one user may be valid at once. */
export interface PlatformCredential {
  readonly user: string;
  /** Plain, or a bcrypt hash. */
  readonly password: string;
}

/** Why a text holds no list of credentials; never tells a password. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** What begins so was hashed, also where it is no hash that we understand: it must never count as a plain password. */
const hashed = /^(?:\$(?:2[abxy]?|apr1|argon2\w*|scrypt|[156y])\$|\{[A-Z0-9]+\})/;

/** `user:password[,user:password…]`, as an environment variable holds it. */
export function credentialsInVariable(text: string): readonly PlatformCredential[] {
  return text.split(',').map((entry, index) => parseCredential(entry, `entry ${index + 1}`));
}

/** One `user:password` a line; empty lines and those that begin with `#` are skipped. */
export function credentialsInFile(text: string): readonly PlatformCredential[] {
  const credentials = text
    .split(/\r?\n/)
    .flatMap((line, index) =>
      line.trim() === '' || line.startsWith('#') ? [] : [parseCredential(line, `line ${index + 1}`)],
    );
  if (credentials.length === 0) throw new CredentialsError('there is no user:password in it');
  return credentials;
}

function parseCredential(text: string, where: string): PlatformCredential {
  const colon = text.indexOf(':');
  const credential = { user: text.slice(0, colon), password: text.slice(colon + 1) };
  if (colon < 1 || credential.password === '') throw new CredentialsError(`${where} is no user:password`);
  if (hashed.test(credential.password)) checkHash(credential.password, where);
  return credential;
}

function checkHash(hash: string, where: string): void {
  const cost = costOf(hash);
  if (cost === undefined) {
    throw new CredentialsError(`${where} holds a hash that is no bcrypt: make one with htpasswd -nB`);
  }
  if (cost < leastCost || cost > mostCost) {
    throw new CredentialsError(`${where} holds a hash of cost ${cost}: make one of ${leastCost} to ${mostCost}`);
  }
}
