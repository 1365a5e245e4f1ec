/** How things are called in Kubernetes and MongoDB. One namespace an instance, so the names in it are fixed. */

export const mongodbPort = 27017;
export const readinessPort = 8080;

export const serviceAccountName = 'mongodb';
export const keyFileSecretName = 'keyfile';
export const tlsSecretName = 'tls';
export const adminSecretName = 'admin';

/** The user that Holdfast administers an instance with, in the database `admin`. */
export const adminUser = 'holdfast-admin';

export const namespaceOf = (instanceId: string) => `m-${instanceId}`;

/** The database of bindings that name none. */
export const defaultDatabase = (instanceId: string) => `db-${instanceId}`;

/** A binding's MongoDB user and its NetworkPolicy are called the same. */
export const bindingName = (bindingId: string) => `b-${bindingId}`;

export const podName = (replicaSet: string, ordinal: number) => `${replicaSet}-${ordinal}`;

/** How a server is called outside of the cluster. */
export const outsideName = (namespace: string, domain: string, pod: string) => `${pod}.${namespace}.${domain}`;

/** Where the pods of a StatefulSet are found, by its headless Service. */
export const serviceDomain = (namespace: string, service: string, clusterDomain: string) =>
  `${service}.${namespace}.svc.${clusterDomain}`;
