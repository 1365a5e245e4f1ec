import type { V1APIResourceList } from '@kubernetes/client-node';
import { type Address, ClusterError, type Kind } from './cluster.js';
import type { Transport } from './transport.js';

interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Where the API server serves which kind, asked once for each API version. */
export class Resources {
  readonly #transport: Transport;
  readonly #known = new Map<string, ReadonlyMap<string, Resource>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The path of all objects of a kind: of one namespace, or, where `namespace` is undefined, of all. */
  async collection(kind: Kind, namespace: string | undefined, signal: AbortSignal): Promise<string> {
    const { plural, namespaced } = await this.#resource(kind, signal);
    const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${versionPath(kind.apiVersion)}${within}/${plural}`;
  }

  /** The path of one object. */
  async object(kind: Kind, { namespace, name }: Address, signal: AbortSignal): Promise<string> {
    const { namespaced } = await this.#resource(kind, signal);
    if (namespaced && !namespace) throw new TypeError(`${kind.kind} ${name}: its namespace is missing`);
    return `${await this.collection(kind, namespace, signal)}/${encodeURIComponent(name)}`;
  }

  async #resource(kind: Kind, signal: AbortSignal): Promise<Resource> {
    const known = this.#known.get(kind.apiVersion)?.get(kind.kind);
    if (known) return known;
    // Also when its API version is known: a kind may have been installed since.
    const served = await this.#discover(kind.apiVersion, signal);
    this.#known.set(kind.apiVersion, served);
    const resource = served.get(kind.kind);
    if (resource) return resource;
    throw new ClusterError(
      `find ${kind.kind}`,
      404,
      'NotFound',
      `the cluster serves no ${kind.kind} of ${kind.apiVersion}`,
    );
  }

  async #discover(apiVersion: string, signal: AbortSignal): Promise<ReadonlyMap<string, Resource>> {
    const { resources } = await this.#transport.json<V1APIResourceList>(
      { title: `discover ${apiVersion}`, method: 'GET', path: versionPath(apiVersion) },
      signal,
    );
    return new Map(
      resources
        // Subresources such as `pods/log` are listed beside, some under the kind of their owner.
        .filter(({ name }) => !name.includes('/'))
        .map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]),
    );
  }
}

function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
