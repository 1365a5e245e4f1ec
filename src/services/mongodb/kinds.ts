/** The kinds of what instances consist of, as Kubernetes names them in a manifest. */

export const namespaceKind = { apiVersion: 'v1', kind: 'Namespace' };
export const podKind = { apiVersion: 'v1', kind: 'Pod' };
export const claimKind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
export const persistentVolumeKind = { apiVersion: 'v1', kind: 'PersistentVolume' };
export const configMapKind = { apiVersion: 'v1', kind: 'ConfigMap' };
export const serviceKind = { apiVersion: 'v1', kind: 'Service' };
export const statefulSetKind = { apiVersion: 'apps/v1', kind: 'StatefulSet' };
export const disruptionBudgetKind = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
export const networkPolicyKind = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
