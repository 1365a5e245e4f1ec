import { once } from 'node:events';
import { connect } from 'node:tls';
import { MemberUnreachable } from './connections.js';
import type { MemberAddress, OpenRoute } from './routes.js';

const patience = 5_000;

/**
 * SHA-256 of the certificate that a server shows to new connections now. Whether it is to be trusted is not asked: it
 * is compared with the one that the server is to have.
 * @throws MemberUnreachable
 */
export async function shownCertificate(
  openRoute: OpenRoute,
  member: MemberAddress,
  signal: AbortSignal,
): Promise<string> {
  const route = await openRoute(member);
  const { hostname: host, port } = new URL(`mongodb://${route.host}`);
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) throw new Error('it shows no certificate');
    return certificate.fingerprint256;
  } catch (error) {
    signal.throwIfAborted();
    throw new MemberUnreachable(member.pod, route.failure() ?? error);
  } finally {
    socket.destroy();
    route.close();
  }
}
