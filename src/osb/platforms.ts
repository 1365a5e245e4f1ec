import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Configuration } from '../configuration.js';
import type { Logger } from '../observability/logger.js';
import { credentialsInFile, type PlatformCredential } from '../platform-credentials.js';

const checkEveryMilliseconds = 1000;

/** Who may call: the configured credentials, and those of a file that may change while we run. */
export class Platforms implements OnModuleDestroy {
  private inFile: readonly PlatformCredential[] = [];
  private readonly file: string | undefined;
  private text: string | undefined;
  private firstCheck: NodeJS.Timeout | undefined;

  constructor(
    private readonly configuration: Pick<Configuration, 'basicAuth' | 'basicAuthFile'>,
    private readonly log: Logger,
  ) {
    this.file = configuration.basicAuthFile;
    if (this.file === undefined) return;
    this.text = readFileSync(this.file, 'utf8');
    this.inFile = credentialsInFile(this.text);
    // Polled, as Kubernetes swaps a mounted Secret by a link that file system events do not tell of.
    watchFile(this.file, { interval: checkEveryMilliseconds, persistent: false }, this.reread);
    // What changed before the file's first state was seen is no change to whoever watches it.
    this.firstCheck = setTimeout(this.reread, checkEveryMilliseconds).unref();
  }

  onModuleDestroy(): void {
    clearTimeout(this.firstCheck);
    if (this.file !== undefined) unwatchFile(this.file, this.reread);
  }

  /** The platform whose credentials these are. Takes as long for wrong ones as for right ones. */
  identify(user: string, password: string): string | undefined {
    let platform: string | undefined;
    for (const credential of [...this.configuration.basicAuth, ...this.inFile]) {
      const rightUser = equal(credential.user, user);
      const rightPassword = equal(credential.password, password);
      if (rightUser && rightPassword) platform = credential.user;
    }
    return platform;
  }

  private readonly reread = (): void => {
    const file = String(this.file);
    try {
      const text = readFileSync(file, 'utf8');
      if (text === this.text) return;
      this.text = text;
      this.inFile = credentialsInFile(text);
      this.log.info({ file, credentials: this.inFile.length }, 'platform credentials were read again');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.error({ file, reason }, 'platform credentials cannot be read, the earlier ones stay valid');
    }
  };
}

/** Of digests, since only texts of one length can be compared in constant time. */
function equal(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
