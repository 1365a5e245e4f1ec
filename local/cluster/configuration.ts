import { stringify } from 'yaml';
import { pauseImage } from '../images/recipes.js';
import { ports } from '../ports.js';
import { brokerUser } from './certificates.js';
import { type ClusterPaths, layout } from './layout.js';

/** The configuration files of the node's and the control plane's programs, by name. */
export function configurationFiles(paths: ClusterPaths): Record<string, string> {
  return {
    'audit.yaml': stringify(audit(), { lineWidth: 0 }),
    'containerd.toml': containerd(paths),
    'kubelet.yaml': stringify(kubelet(paths), { lineWidth: 0 }),
    'proxy.yaml': stringify(proxy(paths), { lineWidth: 0 }),
    'scheduler.yaml': stringify(scheduler(paths), { lineWidth: 0 }),
  };
}

/** What the broker asks the API server for, and what became of it: never what it sent or was told. */
function audit(): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      // Looking up what the cluster serves needs no rights of one's own.
      { level: 'None', nonResourceURLs: ['*'] },
      { level: 'Metadata', users: [brokerUser] },
      // Those that the chart installed are among them; a policy cannot say by a part of a name which.
      { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
      { level: 'None' },
    ],
  };
}

function containerd(paths: ClusterPaths): string {
  return `version = 2
root = "${paths.containerdRoot}"
state = "${paths.containerdState}"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${paths.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${paths.containerdRoot}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Where root lacks CAP_SYS_RESOURCE (as in many sandboxes), no container starts without this.
  restrict_oom_score_adj = true
  # CoreDNS binds port 53 without being root.
  enable_unprivileged_ports = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "${paths.runc}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${paths.cniPrograms}"
    conf_dir = "${paths.cni}"
`;
}

function kubelet(paths: ClusterPaths): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: layout.nodeIp,
    port: ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    healthzPort: ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: paths.certificate('authority') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: paths.certificate('kubelet'),
    tlsPrivateKeyFile: paths.key('kubelet'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${layout.cgroup}`,
    clusterDNS: [layout.dnsIp],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    podLogsDir: paths.podLogs,
    failSwapOn: false,
    maxPods: 250,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 500,
    kubeAPIBurst: 1000,
    // Images are made here and can be pulled from nowhere: none may be collected as garbage.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    // Sizes of volumes are of no use here, and reading them walks every volume.
    volumeStatsAggPeriod: '-1s',
  };
}

function proxy(paths: ClusterPaths): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: paths.kubeconfig('proxy'), qps: 500, burst: 1000 },
    hostnameOverride: layout.nodeName,
    mode: 'iptables',
    bindAddress: layout.nodeIp,
    healthzBindAddress: `127.0.0.1:${ports.proxyHealth}`,
    metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}`,
    clusterCIDR: layout.pods,
    detectLocalMode: 'ClusterCIDR',
    iptables: { minSyncPeriod: '100ms', syncPeriod: '30s', localhostNodePorts: false },
    // The machine's connection tracking stays as it is.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

function scheduler(paths: ClusterPaths): object {
  return {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: paths.kubeconfig('scheduler'), qps: 500, burst: 1000 },
    leaderElection: { leaderElect: false },
    parallelism: 4,
    profiles: [{ schedulerName: 'default-scheduler', plugins: { preBind: { enabled: [{ name: 'BoundVolumes' }] } } }],
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 2,
  };
}

/** The network plugin that pods wait in until the NetworkPolicies that select them are enforced. */
export const policyPlugin = 'policy-plugin';

/** A pod's own link to the node: unlike a bridge, it needs no br_netfilter for Services to work between pods. */
export function cniConfiguration(paths: ClusterPaths): string {
  const ipam = {
    type: 'host-local',
    dataDir: paths.ipam,
    ranges: [[{ subnet: layout.pods }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const plugins = [
    { type: 'ptp', ipMasq: false, ipam },
    { type: policyPlugin, socket: paths.policySocket },
  ];
  return JSON.stringify({ cniVersion: '1.0.0', name: 'holdfast', plugins });
}
