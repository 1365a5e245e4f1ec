import type { V1Pod, V1SecurityContext } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { admin, kinds, never } from './admin-cluster.js';
import { execInPod, type InPod } from './exec-in-pod.js';

const image = 'localhost/holdfast/mongodb:6.0.27';
const seconds = 1.5;

/** What became of a TCP connection: the other end took it, or refused it, or was not heard of. */
export type Reached = 'reached' | 'refused' | 'unheard';

/** Tries a TCP connection from within a running pod that has bash. */
export async function connect(from: InPod, host: string, port: number): Promise<Reached> {
  const { code } = await execInPod(from, [
    'timeout',
    String(seconds),
    'bash',
    '-c',
    `exec 3<>/dev/tcp/${host}/${port}`,
  ]);
  if (code === 0) return 'reached';
  return code === 124 ? 'unheard' : 'refused';
}

/**
 * A TCP connection from within a pod that is open already, and is used when it is told to: the first byte that is no
 * TLS makes MongoDB's server close it, which says that it was heard.
 */
export class OpenConnection {
  private constructor(private readonly from: InPod) {}

  static async open(from: InPod, host: string, port: number): Promise<OpenConnection> {
    const use = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout ${seconds} cat <&3 >/dev/null; echo $? > /tmp/ended`;
    const script =
      `rm -f /tmp/use /tmp/open /tmp/ended; exec 3<>/dev/tcp/${host}/${port} && touch /tmp/open; ` +
      `for i in $(seq 600); do test -e /tmp/use && break; sleep 0.1; done; ${use}`;
    await execInPod(from, ['bash', '-c', `(${script}) </dev/null >/dev/null 2>&1 &`]);
    const opened = ['bash', '-c', 'for i in $(seq 50); do test -e /tmp/open && exit 0; sleep 0.1; done; exit 1'];
    const { code } = await execInPod(from, opened);
    if (code !== 0) throw new Error(`${from.namespace}/${from.pod} does not reach ${host}:${port}`);
    return new OpenConnection(from);
  }

  /** Whether the other end still hears what is sent. */
  async use(): Promise<boolean> {
    const wait = 'touch /tmp/use; for i in $(seq 100); do test -s /tmp/ended && break; sleep 0.1; done; cat /tmp/ended';
    const { output } = await execInPod(this.from, ['bash', '-c', wait]);
    return output.trim() !== '124';
  }
}

/** A pod that does nothing, as an app that is not the broker's would be, in a namespace that this makes. */
export class ProbePod {
  private constructor(
    readonly at: InPod,
    readonly address: string,
  ) {}

  /** As the user of its image, unless `securityContext` says otherwise. */
  static async start(namespace: string, securityContext: V1SecurityContext = {}): Promise<ProbePod> {
    await admin.apply({ ...kinds.namespace, metadata: { name: namespace } }, never);
    const address = { namespace, name: 'probe' };
    await admin.apply(
      {
        ...kinds.pod,
        metadata: address,
        spec: {
          terminationGracePeriodSeconds: 0,
          automountServiceAccountToken: false,
          containers: [
            {
              name: 'probe',
              image,
              imagePullPolicy: 'Never',
              // mongod without TLS or rights: a pod that reaches it can be told from one that does not.
              command: ['bash', '-c', 'mkdir /tmp/data; exec mongod --bind_ip_all --dbpath /tmp/data'],
              // Without a share of its own, a pod waits half a minute on a machine that is busy.
              resources: { requests: { cpu: '50m', memory: '128Mi' } },
              securityContext,
            },
          ],
        },
      },
      never,
    );
    const podIP = await vi.waitFor(
      async () => {
        const { status } = (await admin.read<V1Pod>(kinds.pod, address, never)) ?? {};
        if (!status?.podIP || !status.containerStatuses?.[0]?.state?.running) throw new Error(JSON.stringify(status));
        return status.podIP;
      },
      { timeout: 60_000, interval: 100 },
    );
    return new ProbePod({ namespace, pod: address.name, container: 'probe' }, podIP);
  }

  connect(host: string, port: number): Promise<Reached> {
    return connect(this.at, host, port);
  }
}

/** Where it listens. */
export const probePort = 27017;
