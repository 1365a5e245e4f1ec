import type { V1ListMeta, V1Status } from '@kubernetes/client-node';
import { ClusterError, type Kind } from './cluster.js';
import { labelSelector } from './labels.js';
import type { Resources } from './resources.js';
import type { Transport } from './transport.js';

type Labels = Readonly<Record<string, string>>;

export interface WatchRequest {
  readonly kind: Kind;
  readonly labels: Labels;
  /** Events after this one. */
  readonly resourceVersion: string;
  /** When the server ends the watch in good order, in seconds. */
  readonly timeoutSeconds: number;
}

/** The metadata of an object that changed; a bookmark only says how far the watch has come. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly namespace: string | undefined;
  readonly name: string;
  readonly resourceVersion: string;
}

interface WireEvent {
  readonly type: WatchEvent['type'] | 'ERROR';
  readonly object: V1Status & {
    readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly resourceVersion?: string };
  };
}

/** The resource version of now, by a list of at most one object. */
export async function latestVersion(
  transport: Transport,
  resources: Resources,
  { kind, labels }: Pick<WatchRequest, 'kind' | 'labels'>,
  signal: AbortSignal,
): Promise<string> {
  const list = await transport.json<{ metadata: V1ListMeta }>(
    {
      title: `list ${kind.kind}`,
      method: 'GET',
      path: await resources.collection(kind, undefined, signal),
      query: { limit: 1, labelSelector: labelSelector(labels) },
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    },
    signal,
  );
  return list.metadata.resourceVersion ?? '';
}

/**
 * One watch over all namespaces. It ends when the server has ended it in good order.
 *
 * @throws ClusterError, of status 410 where `resourceVersion` is too old to go on from
 */
export async function openWatch(
  transport: Transport,
  resources: Resources,
  { kind, labels, resourceVersion, timeoutSeconds }: WatchRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<WatchEvent>> {
  const title = `watch ${kind.kind}`;
  const response = await transport.stream(
    {
      title,
      method: 'GET',
      path: await resources.collection(kind, undefined, signal),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds,
        labelSelector: labelSelector(labels),
      },
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
    },
    signal,
  );
  // A peer that died without a word is noticed by the kernel within half a minute.
  response.socket.setKeepAlive(true, 15_000);
  return events(title, response);
}

async function* events(title: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent, void, undefined> {
  for await (const line of lines(chunks)) {
    const { type, object } = JSON.parse(line) as WireEvent;
    if (type === 'ERROR') {
      throw new ClusterError(title, object.code ?? 0, object.reason ?? 'Unknown', object.message ?? 'the watch failed');
    }
    const { namespace, name = '', resourceVersion = '' } = object.metadata ?? {};
    yield { type, namespace, name, resourceVersion };
  }
}

/** Lines of a stream of bytes; what follows the last line end is half an event, and left out. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}
