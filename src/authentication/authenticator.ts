import { setTimeout as sleep } from 'node:timers/promises';
import type { Access } from './access.js';
import type { BasicPasswords } from './basic.js';
import type { BearerTokens } from './bearer.js';
import type { Failures, Origin } from './failures.js';
import { type Identity, type Verdict, wrong } from './identity.js';
import { SlowChecks } from './slow-checks.js';

/** What a request proves who it is from with. */
export interface Presented {
  /** The client's address. */
  readonly address: string;
  /** The header. */
  readonly authorization?: string;
  /** The common name of the client's certificate, where one was given and was valid. */
  readonly certificate?: string;
}

export type Authentication =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** There were too many failures, or too many checks are under way. */
  | { readonly kind: 'slowed'; readonly retryAfterSeconds: number }
  | Extract<Verdict, { kind: 'undecided' }>;

/** What a guess costs at least where failures came from, for a password that is not hashed takes no time itself. */
const suspectMilliseconds = 200;

/** What may change while we run. */
export interface Credentials {
  readonly access: Access;
  readonly passwords: BasicPasswords;
}

/**
 * Finds out who asks. Right credentials pass also from where failures come from: at once where they were right before, and
 * otherwise in a narrow lane, which is all that guesses get. Wrong ones are told so only until there have been too many.
 */
export class Authenticator {
  readonly #slow = new SlowChecks<Verdict>();

  constructor(
    private readonly credentials: Credentials,
    private readonly tokens: BearerTokens,
    private readonly failures: Failures,
  ) {}

  /** Schemes that it is worth trying. */
  get schemes(): readonly ('Basic' | 'Bearer')[] {
    return this.credentials.access.takesTokens ? ['Basic', 'Bearer'] : ['Basic'];
  }

  async authenticate({ address, authorization, certificate }: Presented): Promise<Authentication> {
    if (authorization === undefined) return this.#certificate(certificate, { address });
    const basic = parseBasic(authorization);
    if (basic) return await this.#basic(basic.user, basic.password, { address, name: basic.user });
    const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization) ?? [];
    if (token !== undefined) return await this.#bearer(token, { address });
    return { kind: 'unknown', reason: 'the Authorization header is neither Basic nor Bearer' };
  }

  async #certificate(commonName: string | undefined, origin: Origin): Promise<Authentication> {
    if (commonName === undefined) return { kind: 'unknown', reason: 'no credentials' };
    const identity = this.credentials.access.certificate(commonName);
    if (identity) return { kind: 'known', identity };
    return await this.#counted(wrong(`the access file does not name the certificate ${commonName}`), origin);
  }

  async #basic(user: string, password: string, origin: Origin): Promise<Authentication> {
    const { access, passwords } = this.credentials;
    const verdictOf = (isRight: boolean): Verdict =>
      isRight ? { kind: 'known', identity: access.user(user) } : wrong('the user or the password is wrong');
    if (passwords.areKnown(user, password)) return { kind: 'known', identity: access.user(user) };
    const spent = await this.failures.spent(origin);
    if (spent === undefined) {
      const isRight = passwords.matchPlain(user, password);
      if (isRight || !passwords.hasHashes) return await this.#counted(verdictOf(isRight), origin);
    }
    return await this.#slowly(['basic', user, password], origin, spent, async () =>
      verdictOf(passwords.matchPlain(user, password) || (await passwords.matches(user, password))),
    );
  }

  async #bearer(token: string, origin: Origin): Promise<Authentication> {
    const check = this.tokens.checkOf(token, this.credentials.access);
    if (check.kind === 'service account') {
      return await this.#slowly(['bearer', token], origin, await this.failures.spent(origin), check.check);
    }
    return await this.#counted(check.kind === 'done' ? check.verdict : await check.check(), origin);
  }

  async #slowly(
    secret: readonly string[],
    origin: Origin,
    spent: number | undefined,
    check: () => Promise<Verdict>,
  ): Promise<Authentication> {
    const suspect = async () => {
      await sleep(suspectMilliseconds);
      return await check();
    };
    const verdict =
      spent === undefined
        ? await this.#slow.run('trusted', secret, check)
        : await this.#slow.run('suspect', secret, suspect);
    return verdict ? await this.#counted(verdict, origin) : { kind: 'slowed', retryAfterSeconds: spent ?? 1 };
  }

  /** Counts the failure, where it is one. */
  async #counted(verdict: Verdict, origin: Origin): Promise<Authentication> {
    if (verdict.kind !== 'wrong') return verdict;
    const retryAfterSeconds = await this.failures.note(origin);
    if (retryAfterSeconds !== undefined) return { kind: 'slowed', retryAfterSeconds };
    return { kind: 'unknown', reason: verdict.reason };
  }
}

/** RFC 7617 */
function parseBasic(header: string): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/_=-]+) *$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
