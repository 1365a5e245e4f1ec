import { join } from 'node:path';
import type { Folders } from '../folders.js';
import { ports } from '../ports.js';

/** The addresses of the cluster. The node's lies on a bridge of our own, so nothing of it is open to the outside. */
export const layout = {
  nodeName: 'local',
  nodeIp: '10.243.0.1',
  bridge: 'holdfast0',
  pods: '10.244.0.0/22',
  services: '10.96.0.0/16',
  kubernetesIp: '10.96.0.1',
  dnsIp: '10.96.0.10',
  apiServer: `https://10.243.0.1:${ports.api}`,
  /** The parent of all cgroups of pods, in each hierarchy. */
  cgroup: 'holdfast',
} as const;

/** The files of the cluster, below the state and the run folder. */
export function clusterPaths({ state, run }: Folders) {
  const configuration = (name: string) => join(state, 'configuration', name);
  return {
    certificates: join(state, 'certificates'),
    certificate: (name: string) => join(state, 'certificates', `${name}.crt`),
    key: (name: string) => join(state, 'certificates', `${name}.key`),
    configuration,
    kubeconfig: (user: string) => configuration(`${user}.kubeconfig`),
    adminKubeconfig: join(state, 'kubeconfig'),
    brokerKubeconfig: join(state, 'broker.kubeconfig'),
    /** What the broker asked the API server for; older files lie beside it, with their time in their names. */
    audit: join(state, 'audit', 'broker.log'),
    etcd: join(state, 'etcd'),
    kubelet: join(state, 'kubelet'),
    podLogs: join(state, 'pod-logs'),
    volumes: join(state, 'volumes'),
    containerdRoot: join(state, 'containerd'),
    containerdState: join(run, 'containerd'),
    containerdSocket: join(run, 'containerd.sock'),
    runc: join(run, 'runc'),
    cni: join(state, 'cni'),
    cniPrograms: join(state, 'cni-programs'),
    policySocket: join(run, 'network-policies.sock'),
    ipam: join(run, 'ipam'),
    sysctls: join(run, 'sysctls.json'),
  };
}

export type ClusterPaths = ReturnType<typeof clusterPaths>;
