import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';

/** What one request needs besides its path. */
export interface Access {
  readonly agent: http.Agent;
  readonly headers: http.OutgoingHttpHeaders;
  /** `user:password`, where the kubeconfig says so. */
  readonly auth: string | undefined;
}

/**
 * The KubeConfig's credentials with one keep-alive agent: by itself client-node makes a new agent, and so a new TLS
 * connection, for every request. Tokens are asked for anew each time, so that they may rotate; a new client
 * certificate or CA makes a new agent.
 */
export class Credentials {
  readonly server: URL;
  readonly #config: KubeConfig;
  readonly #maxConnections: number;
  #agent: http.Agent | undefined;
  #identity = '';

  /** @param maxConnections how many connections calls and watches share; open tunnels have their own besides */
  constructor(config: KubeConfig, maxConnections: number) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig has no current cluster: set its current-context');
    this.server = new URL(cluster.server);
    this.#config = config;
    this.#maxConnections = maxConnections;
  }

  async access(): Promise<Access> {
    const options: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    return {
      agent: this.#agentFor(options),
      headers: { ...(options.headers as http.OutgoingHttpHeaders | undefined) },
      auth: options.auth ?? undefined,
    };
  }

  #agentFor({ agent, ca, cert, key, rejectUnauthorized, servername }: https.RequestOptions): http.Agent {
    // A proxy's agent is made by client-node, which offers no way to keep its connections.
    if (this.#config.getCurrentCluster()?.proxyUrl) return agent as http.Agent;
    const identity = JSON.stringify([ca, cert, key].map(String));
    if (!this.#agent || identity !== this.#identity) {
      this.#identity = identity;
      const pooling = { keepAlive: true, maxSockets: this.#maxConnections };
      const tls = {
        // Made once: reading certificates again for every connection costs more than the handshake.
        secureContext: createSecureContext(defined({ ca, cert, key })),
        ...defined({ rejectUnauthorized, servername }),
      };
      // What still runs over the agent before goes on there; its idle connections end with the server's idle timeout.
      this.#agent =
        this.server.protocol === 'https:' ? new https.Agent({ ...tls, ...pooling }) : new http.Agent(pooling);
    }
    return this.#agent;
  }
}

/** The fields that are set: TLS options that are undefined are not the same as left out. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
