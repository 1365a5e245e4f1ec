import type { Access, ServiceAccount } from './access.js';
import { type Verdict, wrong } from './identity.js';
import { KeyedCache } from './keyed-cache.js';
import { OpenIdProvider, ProviderAwayError, WrongTokenError } from './openid-provider.js';
import { serviceAccountOf, unprovenClaims } from './service-account-token.js';

const reviewedMilliseconds = 10_000;
const mostReviewed = 10_000;
const reviewTimeoutMilliseconds = 3_000;

/** What a cluster says of a token (TokenReview). */
export interface TokenReview {
  readonly isAuthenticated: boolean;
  readonly user: string;
  /** Of those that were asked for, the ones that the token is meant for. */
  readonly audiences: readonly string[];
}

/** Asks the cluster. Throws where it does not answer. */
export type ReviewToken = (token: string, audiences: readonly string[], signal: AbortSignal) => Promise<TokenReview>;

/** How a token is checked, which shows from what it says of itself. */
export type TokenCheck =
  | { readonly kind: 'openid'; readonly check: () => Promise<Verdict> }
  /** A question to the cluster: slow. */
  | { readonly kind: 'service account'; readonly check: () => Promise<Verdict> }
  | { readonly kind: 'done'; readonly verdict: Verdict };

/** Bearer tokens: of OpenID providers, and of Kubernetes' service accounts. */
export class BearerTokens {
  readonly #providers = new Map<string, OpenIdProvider>();
  readonly #reviewed = new KeyedCache<TokenReview>(mostReviewed, reviewedMilliseconds);

  /** @param review left out where there is no cluster to ask */
  constructor(private readonly review: ReviewToken | undefined) {}

  checkOf(token: string, access: Access): TokenCheck {
    const claims = unprovenClaims(token);
    if (!claims) return { kind: 'done', verdict: wrong('the bearer token is no JSON web token') };
    const { iss, sub } = claims;
    if (iss !== undefined && access.issuers.has(iss)) {
      return { kind: 'openid', check: () => this.#openId(token, iss, access) };
    }
    // Only of accounts that the access file names is the cluster asked.
    const account = serviceAccountOf(sub);
    const audiences = account ? access.audiencesOf(account) : [];
    if (!account || audiences.length === 0) {
      return { kind: 'done', verdict: wrong('the access file names neither the issuer nor the service account') };
    }
    const known = this.#reviewed.get(token, ...audiences);
    if (known) return { kind: 'done', verdict: verdictOf(known, account, access) };
    return { kind: 'service account', check: () => this.#serviceAccount(token, audiences, account, access) };
  }

  async #openId(token: string, issuer: string, access: Access): Promise<Verdict> {
    try {
      return access.token(await this.#provider(issuer).verify(token, access.audiencesOfIssuer(issuer)));
    } catch (error) {
      if (error instanceof WrongTokenError) return wrong(error.message);
      if (error instanceof ProviderAwayError) return { kind: 'undecided', reason: error.message, cause: error.cause };
      throw error;
    }
  }

  #provider(issuer: string): OpenIdProvider {
    const provider = this.#providers.get(issuer) ?? new OpenIdProvider(issuer);
    this.#providers.set(issuer, provider);
    return provider;
  }

  async #serviceAccount(
    token: string,
    audiences: readonly string[],
    account: ServiceAccount,
    access: Access,
  ): Promise<Verdict> {
    const reason = 'The cluster cannot be asked about the token now: try again in some seconds.';
    if (!this.review) return { kind: 'undecided', reason, cause: new Error('there is no cluster to ask') };
    try {
      const review = await this.review(token, audiences, AbortSignal.timeout(reviewTimeoutMilliseconds));
      this.#reviewed.set(review, token, ...audiences);
      return verdictOf(review, account, access);
    } catch (error) {
      return { kind: 'undecided', reason, cause: error };
    }
  }
}

/** Whom the cluster names counts, not what the token says. */
function verdictOf(
  { isAuthenticated, user, audiences }: TokenReview,
  claimed: ServiceAccount,
  access: Access,
): Verdict {
  const account = serviceAccountOf(user);
  if (!isAuthenticated || !account) return wrong('the cluster does not know the token');
  if (account.namespace !== claimed.namespace || account.name !== claimed.name) {
    return wrong('the cluster knows the token as that of another account');
  }
  const identity = access.serviceAccount(account, audiences);
  return identity ? { kind: 'known', identity } : wrong('the token is meant for another audience');
}
