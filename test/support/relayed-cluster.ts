import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
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

  get kubeconfig(): string {
    return join(this.#folder, 'kubeconfig');
  }

  async remove(): Promise<void> {
    await this.relay.refuse();
    rmSync(this.#folder, { recursive: true });
  }
}
