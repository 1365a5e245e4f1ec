/** The part of its lifetime after which a binding should be renewed. */
const renewalShare = 0.75;

/**
 * OSB › Binding Metadata: when a binding ends.
 * @param seconds 0 for never
 */
export function lifetimeFrom(start: Date, seconds: number): { readonly renewBefore?: Date; readonly expiresAt?: Date } {
  if (seconds === 0) return {};
  const after = (share: number) => new Date(start.getTime() + seconds * 1_000 * share);
  return { renewBefore: after(renewalShare), expiresAt: after(1) };
}
