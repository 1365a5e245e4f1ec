import type { Logger } from '../observability/logger.js';
import { WatchedFiles } from '../watched-files.js';
import { Access } from './access.js';
import { readAccessFile } from './access-file.js';
import type { Credentials } from './authenticator.js';
import { BasicPasswords } from './basic.js';
import { credentialsInFile, type PlatformCredential } from './platform-credentials.js';

export interface CredentialSources {
  readonly basicAuth: readonly PlatformCredential[];
  /** Its credentials are valid besides those of `basicAuth`. */
  readonly basicAuthFile?: string;
  readonly accessFile?: string;
}

/** The configured credentials, and those of files that may change while we run. */
export class WatchedCredentials implements Credentials {
  readonly passwords = new BasicPasswords();
  access = new Access([]);
  readonly #watched: readonly WatchedFiles[];

  /** @throws what is wrong with the files */
  constructor({ basicAuth, basicAuthFile, accessFile }: CredentialSources, log: Logger) {
    this.passwords.replace(basicAuth);
    const takePasswords = ([text = '']: readonly string[]) =>
      this.passwords.replace([...basicAuth, ...credentialsInFile(text)]);
    const takeAccess = ([text = '']: readonly string[]) => {
      this.access = new Access(readAccessFile(text, String(accessFile)));
    };
    this.#watched = [
      ...(basicAuthFile ? [new WatchedFiles('platform credentials', [basicAuthFile], takePasswords, log)] : []),
      ...(accessFile ? [new WatchedFiles('access rules', [accessFile], takeAccess, log)] : []),
    ];
  }

  stop(): void {
    for (const files of this.#watched) files.stop();
  }
}
