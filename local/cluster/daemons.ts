import { createConnection } from 'node:net';
import type { KubernetesBinaries } from '../kubernetes-binary.js';
import type { PolicyPrograms } from '../network-policies.js';
import { answers, ports } from '../ports.js';
import type { Daemon } from '../supervisor.js';
import type { Api } from './api.js';
import { cniConfiguration, configurationFiles } from './configuration.js';
import { type ClusterPaths, layout } from './layout.js';

export interface ClusterDaemons {
  readonly etcd: Daemon;
  readonly apiServer: Daemon;
  readonly controllers: Daemon;
  readonly scheduler: Daemon;
  readonly containerd: Daemon;
  readonly kubelet: Daemon;
  readonly proxy: Daemon;
  readonly volumes: Daemon;
  readonly policies: Daemon;
}

/** The names of all daemons of the cluster, in the order in which they are stopped. */
export const clusterDaemonNames = [
  'kubelet',
  'volumes',
  'policies',
  'proxy',
  'scheduler',
  'controllers',
  'api-server',
  'etcd',
  'containerd',
] as const;

const local = (port: number) => ({ host: '127.0.0.1', port });
const onNode = (port: number) => ({ host: layout.nodeIp, port });
const flags = (values: Readonly<Record<string, string | number | boolean>>) =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

export function clusterDaemons(
  paths: ClusterPaths,
  { kube, hash }: KubernetesBinaries,
  programs: PolicyPrograms,
  certificates: string,
  api: Api,
): ClusterDaemons {
  const files = configurationFiles(paths);
  const daemon = (
    name: (typeof clusterDaemonNames)[number],
    program: string,
    values: Readonly<Record<string, string | number | boolean>>,
    more: Pick<Daemon, 'ports' | 'isReady'> & { configuration?: unknown },
  ): Daemon => ({
    name,
    program: kube,
    args: [program, ...flags(values)],
    ports: more.ports,
    isReady: more.isReady,
    configuration: [hash, certificates, more.configuration ?? null],
  });
  const generous = { 'kube-api-qps': 500, 'kube-api-burst': 1000 };
  return {
    etcd: daemon('etcd', 'etcd', etcdFlags(paths), {
      ports: [local(ports.etcd), local(ports.etcdPeers)],
      isReady: () => answers(local(ports.etcd)),
    }),
    apiServer: daemon('api-server', 'kube-apiserver', apiServerFlags(paths), {
      ports: [onNode(ports.api)],
      isReady: () => api.isReady(),
      configuration: files['audit.yaml'],
    }),
    controllers: daemon(
      'controllers',
      'kube-controller-manager',
      { ...controllersFlags(paths), ...generous },
      { ports: [local(ports.controllers)], isReady: () => answers(local(ports.controllers)) },
    ),
    scheduler: daemon(
      'scheduler',
      'kube-scheduler',
      {
        config: paths.configuration('scheduler.yaml'),
        'bind-address': '127.0.0.1',
        'secure-port': ports.scheduler,
        // Seen once: a pod that no event brought back after its volume was bound. The default is five minutes.
        'pod-max-in-unschedulable-pods-duration': '10s',
      },
      {
        ports: [local(ports.scheduler)],
        isReady: () => answers(local(ports.scheduler)),
        configuration: files['scheduler.yaml'],
      },
    ),
    containerd: {
      name: 'containerd',
      program: '/usr/bin/containerd',
      args: ['--config', paths.configuration('containerd.toml')],
      configuration: [files['containerd.toml'], cniConfiguration(paths)],
      ports: [],
      isReady: () => socketAnswers(paths.containerdSocket),
    },
    kubelet: daemon(
      'kubelet',
      'kubelet',
      {
        config: paths.configuration('kubelet.yaml'),
        kubeconfig: paths.kubeconfig('kubelet'),
        'root-dir': paths.kubelet,
        'cert-dir': `${paths.kubelet}/certificates`,
        'hostname-override': layout.nodeName,
        'node-ip': layout.nodeIp,
      },
      {
        ports: [onNode(ports.kubelet), local(ports.kubeletHealth)],
        isReady: () => answers(local(ports.kubeletHealth)),
        configuration: files['kubelet.yaml'],
      },
    ),
    proxy: daemon(
      'proxy',
      'kube-proxy',
      { config: paths.configuration('proxy.yaml') },
      {
        ports: [local(ports.proxyHealth), local(ports.proxyMetrics)],
        isReady: () => answers(local(ports.proxyHealth)),
        configuration: files['proxy.yaml'],
      },
    ),
    volumes: daemon(
      'volumes',
      'volume-provisioner',
      { kubeconfig: paths.kubeconfig('volumes'), root: paths.volumes, node: layout.nodeName },
      { ports: [], isReady: async () => true },
    ),
    policies: {
      name: 'policies',
      program: programs.enforcer,
      // It goes by kube-proxy's name, as both are how the node's network is made.
      args: flags({ kubeconfig: paths.kubeconfig('proxy'), socket: paths.policySocket, pods: layout.pods }),
      configuration: [programs.hash, certificates],
      ports: [],
      isReady: () => socketAnswers(paths.policySocket),
    },
  };
}

function etcdFlags(paths: ClusterPaths) {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeers}`;
  return {
    'data-dir': paths.etcd,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    // The data of a cluster on one's own machine may go with a power cut; waiting for the disk would cost every write.
    'unsafe-no-fsync': true,
    // Its only member waits for nobody's vote.
    'heartbeat-interval': 20,
    'election-timeout': 200,
  };
}

function apiServerFlags(paths: ClusterPaths) {
  return {
    'etcd-servers': `http://127.0.0.1:${ports.etcd}`,
    'bind-address': layout.nodeIp,
    'advertise-address': layout.nodeIp,
    'secure-port': ports.api,
    'service-cluster-ip-range': layout.services,
    'client-ca-file': paths.certificate('authority'),
    'tls-cert-file': paths.certificate('api-server'),
    'tls-private-key-file': paths.key('api-server'),
    'kubelet-certificate-authority': paths.certificate('authority'),
    'kubelet-client-certificate': paths.certificate('api-server-to-kubelet'),
    'kubelet-client-key': paths.key('api-server-to-kubelet'),
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'audit-policy-file': paths.configuration('audit.yaml'),
    'audit-log-path': paths.audit,
    // In megabytes: two old files and the one that is written.
    'audit-log-maxsize': 100,
    'audit-log-maxbackup': 2,
    'anonymous-auth': false,
    'allow-privileged': true,
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': paths.certificate('service-accounts'),
    'service-account-signing-key-file': paths.key('service-accounts'),
    profiling: false,
  };
}

function controllersFlags(paths: ClusterPaths) {
  return {
    kubeconfig: paths.kubeconfig('controllers'),
    'bind-address': '127.0.0.1',
    'secure-port': ports.controllers,
    'leader-elect': false,
    'use-service-account-credentials': true,
    'service-account-private-key-file': paths.key('service-accounts'),
    'root-ca-file': paths.certificate('authority'),
    'concurrent-statefulset-syncs': 20,
    'concurrent-deployment-syncs': 20,
    'concurrent-replicaset-syncs': 20,
    'concurrent-endpoint-syncs': 20,
    'concurrent-service-endpoint-syncs': 20,
    'concurrent-namespace-syncs': 20,
    'concurrent-serviceaccount-token-syncs': 20,
    profiling: false,
  };
}

function socketAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
