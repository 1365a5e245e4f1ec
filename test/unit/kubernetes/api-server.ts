import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import * as x509 from '@peculiar/x509';

/**
 * An HTTPS server in an API server's place, for what only the connections to it decide (reuse, timeouts, breaks).
 * What Kubernetes itself does is tested against the real one.
 */
export class StandInServer {
  readonly config: KubeConfig;
  connections = 0;
  readonly open = new Set<TLSSocket>();
  readonly #server: https.Server;

  private constructor(server: https.Server, certificate: string) {
    this.#server = server;
    server.on('secureConnection', (socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket)).on('error', () => undefined);
    });
    this.config = new KubeConfig();
    const { port } = server.address() as AddressInfo;
    this.config.loadFromClusterAndUser(
      {
        name: 'c',
        server: `https://127.0.0.1:${port}`,
        caData: Buffer.from(certificate).toString('base64'),
        skipTLSVerify: false,
      },
      { name: 'u', token: 'token-1' },
    );
  }

  static async start(answer: RequestListener): Promise<StandInServer> {
    const { certificate, key } = await selfSigned();
    const server = https.createServer({ cert: certificate, key }, (request, response) => {
      const discovered = discovery(request);
      if (discovered) response.end(JSON.stringify(discovered));
      else answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StandInServer(server, certificate);
  }

  /** Breaks every connection without a word of HTTP. */
  breakConnections(): void {
    for (const socket of this.open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.breakConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function discovery({ url }: IncomingMessage): object | undefined {
  if (url !== '/api/v1') return undefined;
  return {
    resources: [
      { kind: 'Pod', name: 'pods', namespaced: true },
      { kind: 'Pod', name: 'pods/log', namespaced: true },
      { kind: 'Namespace', name: 'namespaces', namespaced: false },
      { kind: 'Secret', name: 'secrets', namespaced: true },
    ],
  };
}

async function selfSigned(): Promise<{ certificate: string; key: string }> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=stand-in',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  };
}
