/** Labels that Holdfast puts on what it makes. */
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'holdfast';
/** Which broker's the object is, where several share a cluster. */
export const brokerLabel = 'holdfast.dev/broker';
/** The internal id of the instance that the object belongs to. */
export const instanceLabel = 'holdfast.dev/instance';

/** Annotations: a platform's ids are any strings, which labels cannot hold. */
export const platformAnnotation = 'holdfast.dev/platform';
export const instanceIdAnnotation = 'holdfast.dev/instance-id';

/** An equality-based label selector, such as `app=a,tier=b`. */
export function labelSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
