import type { V1TokenReview } from '@kubernetes/client-node';

export interface ReviewedToken {
  readonly isAuthenticated: boolean;
  /** Empty where the token is nobody's. */
  readonly user: string;
  /** Of those that were asked for, the ones that the token is meant for. */
  readonly audiences: readonly string[];
}

/** A cluster that checks no audiences names none, and then the token counts for none. */
export function reviewedToken({ status }: V1TokenReview): ReviewedToken {
  return {
    isAuthenticated: status?.authenticated === true && !status.error,
    user: status?.user?.username ?? '',
    audiences: status?.audiences ?? [],
  };
}
