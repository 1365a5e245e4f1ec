/** What a platform proves who it is with. Its name is its identity to us; two passwords may be valid at once. */
export interface PlatformCredential {
  readonly user: string;
  readonly password: string;
}

/** Why a text holds no list of credentials; never tells a password. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const hashed = /^(?:\$(?:2[abxy]|apr1|argon2\w*|scrypt|[156y])\$|\{[A-Z0-9]+\})/;

/** `user:password[,user:password…]`, as an environment variable holds it. */
export function credentialsInVariable(text: string): readonly PlatformCredential[] {
  return text.split(',').map((entry, index) => parseCredential(entry, `entry ${index + 1}`));
}

/** One `user:password` a line; empty lines and those that begin with `#` are skipped. */
export function credentialsInFile(text: string): readonly PlatformCredential[] {
  const credentials = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const credential = parseCredential(line, `line ${index + 1}`);
    if (hashed.test(credential.password)) {
      throw new CredentialsError(`line ${index + 1} holds a hashed password, and only plain ones are understood`);
    }
    return [credential];
  });
  if (credentials.length === 0) throw new CredentialsError('there is no user:password in it');
  return credentials;
}

function parseCredential(text: string, where: string): PlatformCredential {
  const colon = text.indexOf(':');
  const credential = { user: text.slice(0, colon), password: text.slice(colon + 1) };
  if (colon < 1 || credential.password === '') throw new CredentialsError(`${where} is no user:password`);
  return credential;
}
