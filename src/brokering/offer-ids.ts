interface OfferIds {
  readonly serviceId?: string;
  readonly planId?: string;
}

/** What is wrong with the ids that a request gives for something that exists, in the user's words. */
export function mismatchOf(given: OfferIds, actual: Required<OfferIds>): string | undefined {
  if (given.serviceId === undefined) return 'service_id is missing';
  if (given.planId === undefined) return 'plan_id is missing';
  if (given.serviceId !== actual.serviceId) return `service_id is not that of the instance, ${actual.serviceId}`;
  if (given.planId !== actual.planId) return `plan_id is not that of the instance, ${actual.planId}`;
  return undefined;
}
