import { TLSSocket } from 'node:tls';
import type { Request } from 'express';

/** The common name of the client's certificate, where it gave one and it leads to an authority that we know. */
export function clientCertificate({ socket }: Request): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  // Of several names, none is the name.
  return typeof name === 'string' && name !== '' ? name : undefined;
}
