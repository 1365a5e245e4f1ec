import type { AccessEntry, OidcRule } from './access-file.js';
import { type Identity, type Right, type Verdict, wrong } from './identity.js';

/** What a token says of itself, once its signature was checked. */
export interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly [claim: string]: unknown;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** Whom each credential stands for, as the access file says; nothing in here proves anything. */
export class Access {
  readonly #users = new Map<string, AccessEntry>();
  readonly #certificates = new Map<string, AccessEntry>();
  readonly #oidcRules: readonly { readonly entry: AccessEntry; readonly rule: OidcRule }[];
  readonly #serviceAccounts = new Map<string, { readonly audience: string; readonly entry: AccessEntry }[]>();

  constructor(entries: readonly AccessEntry[]) {
    this.#oidcRules = entries.flatMap((entry) => (entry.oidc ?? []).map((rule) => ({ entry, rule })));
    for (const entry of entries) {
      for (const user of entry.basic ?? []) this.#users.set(user, entry);
      for (const { commonName } of entry.certificates ?? []) this.#certificates.set(commonName, entry);
      for (const { namespace, name, audience } of entry.serviceAccounts ?? []) {
        const key = `${namespace}/${name}`;
        this.#serviceAccounts.set(key, [...(this.#serviceAccounts.get(key) ?? []), { audience, entry }]);
      }
    }
  }

  /** Of whose tokens there is a rule. */
  get issuers(): ReadonlySet<string> {
    return new Set(this.#oidcRules.map(({ rule }) => rule.issuer));
  }

  /** Whether a bearer token can be of any use. */
  get takesTokens(): boolean {
    return this.#oidcRules.length > 0 || this.#serviceAccounts.size > 0;
  }

  /** A user that the file does not name is the platform of its name. */
  user(user: string): Identity {
    const entry = this.#users.get(user);
    const credential = `basic:${user}`;
    return entry ? identityOf(entry, credential) : { platform: user, rights: new Set<Right>(['platform']), credential };
  }

  certificate(commonName: string): Identity | undefined {
    const entry = this.#certificates.get(commonName);
    return entry && identityOf(entry, `certificate:${commonName}`);
  }

  /** Audiences that a service account's token may be meant for; none where the file does not name the account. */
  audiencesOf({ namespace, name }: ServiceAccount): readonly string[] {
    return (this.#serviceAccounts.get(`${namespace}/${name}`) ?? []).map(({ audience }) => audience);
  }

  /** @param audiences those that the token is meant for */
  serviceAccount({ namespace, name }: ServiceAccount, audiences: readonly string[]): Identity | undefined {
    const rules = this.#serviceAccounts.get(`${namespace}/${name}`) ?? [];
    const rule = rules.find(({ audience }) => audiences.includes(audience));
    return rule && identityOf(rule.entry, `service-account:${namespace}/${name}`);
  }

  /** Audiences that a provider's token may be meant for. */
  audiencesOfIssuer(issuer: string): readonly string[] {
    return this.#oidcRules.filter(({ rule }) => rule.issuer === issuer).map(({ rule }) => rule.audience);
  }

  /** By the first rule that fits. */
  token(claims: Claims): Verdict {
    const ofIssuer = this.#oidcRules.filter(({ rule }) => rule.issuer === claims.iss);
    const ofAudience = ofIssuer.filter(({ rule }) => listOf(claims.aud).includes(rule.audience));
    if (ofAudience.length === 0) return wrong('the token is meant for another audience');
    const fitting = ofAudience.find(({ rule }) => hasScope(rule, claims) && hasClaims(rule, claims));
    if (!fitting) return wrong('the token lacks a scope or a claim that the access file asks for');
    return { kind: 'known', identity: identityOf(fitting.entry, `oidc:${claims.iss}#${claims.sub}`) };
  }
}

const identityOf = ({ platform, rights }: AccessEntry, credential: string): Identity => ({
  platform,
  rights: new Set(rights),
  credential,
});

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** RFC 8693 4.2: scopes are one text, parted by spaces. Some providers give a list, or call it `scp`. */
function hasScope({ scope = [] }: OidcRule, claims: Claims): boolean {
  const given = listOf(claims.scope ?? claims.scp).flatMap((part) => (typeof part === 'string' ? part.split(' ') : []));
  return scope.every((name) => given.includes(name));
}

const hasClaims = (rule: OidcRule, claims: Claims): boolean =>
  Object.entries(rule.claims ?? {}).every(
    ([name, value]) => Object.hasOwn(claims, name) && listOf(claims[name]).includes(value),
  );
