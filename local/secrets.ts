import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writeWhole } from './files.js';
import type { Folders } from './folders.js';

const generators = {
  encryptionKey: () => randomBytes(32).toString('base64'),
  platformPassword: () => randomBytes(18).toString('base64url'),
  storePassword: () => randomBytes(24).toString('base64url'),
  storeKeyFile: () => randomBytes(48).toString('base64').replaceAll(/[+/=]/g, 'x'),
  redisPassword: () => randomBytes(24).toString('base64url'),
};

export type Secrets = Record<keyof typeof generators, string>;

/** Keeps every secret that there is and makes what is missing. */
export function complete(known: Readonly<Record<string, unknown>>): Secrets {
  const secrets = Object.entries(generators).map(([name, generate]) => {
    const value = known[name];
    return [name, typeof value === 'string' && value !== '' ? value : generate()];
  });
  return Object.fromEntries(secrets) as Secrets;
}

/** The secrets of this environment: made once, readable by their owner only. */
export function secretsOf(folders: Folders): Secrets {
  const path = join(folders.state, 'secrets.json');
  const known = (readJson(path) ?? {}) as Record<string, unknown>;
  const secrets = complete(known);
  if (JSON.stringify(known) !== JSON.stringify(secrets)) writeWhole(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}
