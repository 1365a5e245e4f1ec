import type { Duplex } from 'node:stream';
import type {
  KubeConfig,
  KubernetesObject,
  V1APIGroup,
  V1SelfSubjectReview,
  V1TokenReview,
} from '@kubernetes/client-node';
import { outsideEffect } from '../side-effects.js';
import {
  type Address,
  Cluster,
  ClusterError,
  type Kind,
  type Manifest,
  type RemoveOptions,
  type Subject,
} from './cluster.js';
import { Credentials } from './credentials.js';
import { labelSelector } from './labels.js';
import { Resources } from './resources.js';
import { subjectOf } from './subject.js';
import { type ReviewedToken, reviewedToken } from './token-review.js';
import { Transport } from './transport.js';
import { openTunnel } from './tunnel.js';
import { latestVersion, openWatch, type WatchEvent, type WatchRequest } from './watch-stream.js';

const fieldManager = 'holdfast';
const pageSize = 500;

interface Page<T> {
  readonly items: readonly T[];
  readonly metadata?: { readonly continue?: string };
}

type Where = { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };

/**
 * A cluster over its REST API. client-node gives the credentials and the types, but not the calls: its
 * KubernetesObjectApi takes no abort signal, drops the fields that its own Kubernetes version does not know, puts whole
 * paths in lower case, and deletes no collections.
 */
export class KubernetesCluster extends Cluster {
  readonly #credentials: Credentials;
  readonly #transport: Transport;
  readonly #resources: Resources;
  readonly #requestTimeout: number;
  #subject: Subject | undefined;

  /** @param options the timeout of one request in milliseconds, and how many connections all requests share */
  constructor(config: KubeConfig, { requestTimeout = 10_000, maxConnections = 32 } = {}) {
    super();
    this.#requestTimeout = requestTimeout;
    this.#credentials = new Credentials(config, maxConnections);
    this.#transport = new Transport(this.#credentials, requestTimeout);
    this.#resources = new Resources(this.#transport);
  }

  async apply<T extends Manifest>(manifest: T, signal: AbortSignal): Promise<T> {
    const address = addressOf(manifest);
    const request = {
      title: titleOf('apply', manifest, address),
      method: 'PATCH',
      path: await this.#resources.object(manifest, address, signal),
      query: { fieldManager, force: true },
      contentType: 'application/apply-patch+yaml',
      body: manifest,
      secret: manifest.kind === 'Secret',
    } as const;
    return outsideEffect(request.title, () => this.#transport.json<T>(request, signal));
  }

  async read<T extends KubernetesObject>(kind: Kind, address: Address, signal: AbortSignal): Promise<T | undefined> {
    const path = await this.#resources.object(kind, address, signal);
    return undefinedIfMissing(
      this.#transport.json<T>({ title: titleOf('read', kind, address), method: 'GET', path }, signal),
    );
  }

  async list<T extends KubernetesObject>(kind: Kind, where: Where, signal: AbortSignal): Promise<readonly T[]> {
    const path = await this.#resources.collection(kind, where.namespace, signal);
    const title = titleOf('list', kind, where);
    const found: T[] = [];
    let next: string | undefined;
    do {
      const query = { limit: pageSize, continue: next, labelSelector: labelSelector(where.labels ?? {}) };
      const page = await this.#transport.json<Page<T>>({ title, method: 'GET', path, query }, signal);
      // The items of a list do not say what they are.
      found.push(...page.items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind })));
      next = page.metadata?.continue;
    } while (next);
    return found;
  }

  async remove(
    kind: Kind,
    address: Address,
    signal: AbortSignal,
    { gracePeriodSeconds, propagation }: RemoveOptions = {},
  ): Promise<'gone' | 'deleting'> {
    const request = {
      title: titleOf('remove', kind, address),
      method: 'DELETE',
      path: await this.#resources.object(kind, address, signal),
      query: { gracePeriodSeconds, propagationPolicy: propagation },
    } as const;
    const answer = await outsideEffect(request.title, () =>
      undefinedIfMissing(this.#transport.json<KubernetesObject>(request, signal)),
    );
    // What is deleted at once answers with a Status or its last state; what ends later, with its deletion's time.
    return answer?.metadata && 'deletionTimestamp' in answer.metadata ? 'deleting' : 'gone';
  }

  async removeAll(
    kind: Kind,
    where: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> },
    signal: AbortSignal,
    { gracePeriodSeconds, propagation }: RemoveOptions = {},
  ): Promise<void> {
    const request = {
      title: titleOf('remove all', kind, where),
      method: 'DELETE',
      path: await this.#resources.collection(kind, where.namespace, signal),
      query: {
        gracePeriodSeconds,
        propagationPolicy: propagation,
        labelSelector: labelSelector(where.labels ?? {}),
      },
    } as const;
    await outsideEffect(request.title, () => undefinedIfMissing(this.#transport.text(request, signal)));
  }

  tunnel(namespace: string, pod: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return openTunnel(this.#credentials, { namespace, pod, port, timeout: this.#requestTimeout }, signal);
  }

  async subject(signal: AbortSignal): Promise<Subject> {
    this.#subject ??= subjectOf(
      await this.#transport.json<V1SelfSubjectReview>(
        {
          title: 'ask who we are (SelfSubjectReview)',
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        },
        signal,
      ),
    );
    return this.#subject;
  }

  /** Whose a token is, where it is meant for one of `audiences` (TokenReview). */
  async reviewToken(token: string, audiences: readonly string[], signal: AbortSignal): Promise<ReviewedToken> {
    const spec = { token, audiences };
    return reviewedToken(
      await this.#transport.json<V1TokenReview>(
        {
          title: 'ask whose a token is (TokenReview)',
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/tokenreviews',
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
          secret: true,
        },
        signal,
      ),
    );
  }

  async servesGroup(group: string, signal: AbortSignal): Promise<boolean> {
    const path = `/apis/${encodeURIComponent(group)}`;
    const answer = this.#transport.json<V1APIGroup>({ title: `find API group ${group}`, method: 'GET', path }, signal);
    return (await undefinedIfMissing(answer)) !== undefined;
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#transport.text({ title: 'ping the API server', method: 'GET', path: '/readyz' }, signal);
  }

  /** From where to watch a kind in all namespaces, to see what happens from now on. */
  latestVersion(kind: Kind, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
    return latestVersion(this.#transport, this.#resources, { kind, labels }, signal);
  }

  /** What happens to a kind in all namespaces, over one connection, until the server or `signal` ends it. */
  watch(request: WatchRequest, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>> {
    return openWatch(this.#transport, this.#resources, request, signal);
  }
}

function addressOf({ kind, metadata }: Manifest): Address {
  if (!metadata?.name) throw new TypeError(`a manifest of a ${kind} has no name`);
  const { name, namespace } = metadata;
  return { name, ...(namespace !== undefined && { namespace }) };
}

function titleOf(verb: string, { kind }: Kind, { namespace, name }: { namespace?: string; name?: string }): string {
  const place = [namespace, name].filter((part) => part !== undefined).join('/');
  return `${verb} ${kind} ${place}`.trimEnd();
}

async function undefinedIfMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClusterError && error.status === 404) return undefined;
    throw error;
  }
}
