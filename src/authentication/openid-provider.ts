import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { isSafeUrl } from './access-file.js';

/** Signatures that whoever checks them cannot make. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clockToleranceSeconds = 5;
const timeoutMilliseconds = 3_000;
/** Until keys are asked for again, though all that tokens name are known: ones that the provider took back must go. */
const freshMilliseconds = 5 * 60_000;
/** How often tokens that name unknown keys can make us ask again. */
const cooldownMilliseconds = 1_000;
/** How long known keys are good for while the provider is away. */
const keptMilliseconds = 24 * 3_600_000;

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isSafeUrl, 'is no https URL') });
const keySet = z.object({ keys: z.array(z.object({ kty: z.string() }).loose()) });

/** The provider cannot be asked for its keys, so that nothing can be said of a token. */
export class ProviderAwayError extends Error {
  override readonly name = 'ProviderAwayError';
}

/** The token is worth nothing. `message` says why, without the token. */
export class WrongTokenError extends Error {
  override readonly name = 'WrongTokenError';
}

/** An OpenID provider: its metadata and keys are discovered, and follow its rotations by themselves. */
export class OpenIdProvider {
  readonly #keys;
  #kept: { readonly text: string; readonly at: number } | undefined;
  #isAway = false;

  /** @param issuer as its tokens name it, and under which it publishes its metadata (OpenID Connect Discovery 4) */
  constructor(private readonly issuer: string) {
    this.#keys = createRemoteJWKSet(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), {
      timeoutDuration: timeoutMilliseconds,
      cooldownDuration: cooldownMilliseconds,
      cacheMaxAge: freshMilliseconds,
      [customFetch]: (url, options) => this.#fetchKeys(url, options),
    });
  }

  /**
   * The claims of a token that is this provider's, signed, in time and meant for one of `audiences`.
   * @throws WrongTokenError
   * @throws ProviderAwayError
   */
  async verify(token: string, audiences: readonly string[]): Promise<JWTPayload> {
    try {
      return await this.#verify(token, audiences);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw told(error, this.issuer);
    }
    // A key may have come since we asked: at least one more time it is asked for, once that may be.
    if (this.#keys.coolingDown) await sleep(cooldownMilliseconds);
    try {
      return await this.#verify(token, audiences);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && this.#isAway) throw away(this.issuer, error);
      throw told(error, this.issuer);
    }
  }

  async #verify(token: string, audiences: readonly string[]): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#keys, {
      algorithms,
      issuer: this.issuer,
      audience: [...audiences],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  }

  /** Metadata and keys are asked for together, so that either may change; kept ones stand in for a provider that is away. */
  async #fetchKeys(url: string, options: Parameters<FetchImplementation>[1]): Promise<Response> {
    try {
      const { issuer, jwks_uri } = metadata.parse(await json(url, options));
      if (issuer !== this.issuer) throw new Error(`its metadata names the issuer ${issuer}`);
      const text = JSON.stringify(keySet.parse(await json(jwks_uri, options)));
      this.#kept = { text, at: Date.now() };
      this.#isAway = false;
      return new Response(text);
    } catch (error) {
      this.#isAway = true;
      if (!this.#kept || Date.now() - this.#kept.at > keptMilliseconds) throw away(this.issuer, error);
      return new Response(this.#kept.text);
    }
  }
}

async function json(url: string, options: Parameters<FetchImplementation>[1]): Promise<unknown> {
  const response = await fetch(url, options);
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
  return await response.json();
}

function away(issuer: string, cause: unknown): ProviderAwayError {
  return new ProviderAwayError(`The identity provider ${issuer} cannot be reached now: try again in some seconds.`, {
    cause,
  });
}

function told(error: unknown, issuer: string): Error {
  if (error instanceof ProviderAwayError) return error;
  if (error instanceof errors.JWKSTimeout) return away(issuer, error);
  return new WrongTokenError(error instanceof Error ? error.message : String(error));
}
