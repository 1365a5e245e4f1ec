import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Stage, type Step, wait } from '../../../operations/step.js';
import { fingerprint256 } from '../certificates.js';
import type { Environment } from '../environment.js';
import { podKind } from '../kinds.js';
import { change } from '../members/commands.js';
import { systemLogin } from '../members/connections.js';
import type { MemberAddress } from '../members/routes.js';
import { shownCertificate } from '../members/shown-certificate.js';
import { patient } from '../replica-set/patience.js';
import { shortHash } from '../replica-set/replica-set.js';
import { type InstanceSecrets, trustedAuthorities } from '../secrets.js';
import type { Topology } from '../topology.js';
import { applySecrets } from './secrets.js';

/**
 * Every server takes the certificate of the secrets, and the authorities, without a restart: connections that are open
 * stay so. https://www.mongodb.com/docs/manual/reference/command/rotateCertificates/ (5.0)
 */
export function takeCertificates(
  environment: Environment,
  { shape, servers }: Topology,
  secrets: InstanceSecrets,
): readonly Stage[] {
  return [
    [applySecrets(environment, shape.instance, secrets, 'certificates')],
    servers.map((server) => patient(takeCertificate(environment, server, secrets))),
  ];
}

function takeCertificate(environment: Environment, server: MemberAddress, secrets: InstanceSecrets): Step {
  const { cluster, connections, openRoute } = environment;
  const wanted = fingerprint256(secrets.member.certificate);
  const isShown = async (signal: AbortSignal) => (await shownCertificate(openRoute, server, signal)) === wanted;
  return {
    key: `certificate-${server.pod}`,
    description: 'renewing the certificates',
    async run({ signal }) {
      if (await isShown(signal)) return done;
      await hasten(cluster, server, wanted, signal);
      await connections.use(server, systemLogin(secrets), trustedAuthorities(secrets), (admin) =>
        change(admin, { rotateCertificates: 1 }, signal),
      );
      return (await isShown(signal)) ? done : wait(`waiting for ${server.pod} to get its certificate`);
    },
  };
}

const annotation = 'holdfast.dev/certificate';

/** The kubelet brings a Secret to a pod within a minute or two, and at once where the pod itself has changed. */
async function hasten(
  cluster: Cluster,
  { namespace, pod: name }: MemberAddress,
  wanted: string,
  signal: AbortSignal,
): Promise<void> {
  const pod = await cluster.read<V1Pod>(podKind, { namespace, name }, signal);
  const value = shortHash(wanted);
  const { uid, annotations } = pod?.metadata ?? {};
  if (uid === undefined || annotations?.[annotation] === value) return;
  // Named by its uid: applying what is gone would make it.
  await cluster.apply({ ...podKind, metadata: { namespace, name, uid, annotations: { [annotation]: value } } }, signal);
}
