import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.js';
import { required } from './scratch.js';
import { TcpRelay } from './tcp-relay.js';

/** The broker's kubeconfig, but by way of a relay that a test can break. */
export class RelayedCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-relayed-'));

  private constructor(readonly relay: TcpRelay) {}

  static async start(): Promise<RelayedCluster> {
    const config = parse(readFileSync(required('KUBECONFIG'), 'utf8'));
    const [{ cluster }] = config.clusters;
    const { hostname, port } = new URL(cluster.server);
    const relayed = new RelayedCluster(await TcpRelay.start({ host: hostname, port: Number(port || 443) }));
    cluster.server = `https://${relayed.relay.address}`;
    writeFileSync(relayed.kubeconfig, stringify(config), { mode: 0o600 });
    return relayed;
  }

  /** A way to the cluster, such as what the environment says of it, by way of the relay. */
  config(relayed: KubeConfig = loadKubeConfig(process.env)): KubeConfig {
    relayed.clusters = relayed.clusters.map((known) => {
      const { hostname } = new URL(known.server);
      const server = `https://${this.relay.address}`;
      // The certificate is the API server's; an address is no server name, and 127.0.0.1 is in its certificate.
      return { ...known, server, ...(isIP(hostname) === 0 && { tlsServerName: hostname }) };
    });
    return relayed;
  }

  get kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  async remove(): Promise<void> {
    await this.relay.refuse();
    rmSync(this.#folder, { recursive: true });
  }
}
