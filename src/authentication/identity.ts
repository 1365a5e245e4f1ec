/** `platform`: the Open Service Broker API; `operator`: the operators' API. Neither implies the other. */
export const allRights = ['platform', 'operator'] as const;
export type Right = (typeof allRights)[number];

/** Who asks. */
export interface Identity {
  /** Whose instances it makes and sees; other platforms' are as if they were not there. */
  readonly platform: string;
  readonly rights: ReadonlySet<Right>;
  /**
   * Which credential proved it, for the audit; never a secret: `basic:<user>`, `oidc:<issuer>#<subject>`,
   * `service-account:<namespace>/<name>` or `certificate:<common name>`.
   */
  readonly credential: string;
}

/** What a check of one credential comes to. */
export type Verdict =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** `reason` is for the operator's log, not for whoever asked. */
  | { readonly kind: 'wrong'; readonly reason: string }
  /** Whom it takes to decide cannot be reached. `reason` is told to whoever asked, `cause` only to the log. */
  | { readonly kind: 'undecided'; readonly reason: string; readonly cause: unknown };

export const wrong = (reason: string): Verdict => ({ kind: 'wrong', reason });
