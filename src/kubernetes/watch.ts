import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../observability/logger.js';
import type { KubernetesCluster } from './client.js';
import { ClusterError, type Kind } from './cluster.js';
import { Ending } from './ending.js';
import type { WatchEvent } from './watch-stream.js';

export interface Change {
  readonly kind: string;
  /** `undefined` for what is in no namespace. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
}

export interface ClusterWatchOptions {
  readonly kinds: readonly Kind[];
  readonly labels: Readonly<Record<string, string>>;
  readonly onChange: (change: Change) => void;
  /** After a connection was lost, and changes with it perhaps: whoever waits for one should look for himself. */
  readonly onReconnect: () => void;
  readonly log: Logger;
  /** A watch on which nothing comes, not even a bookmark (one a minute), is taken for dead after this many milliseconds. */
  readonly inactivityTimeout?: number;
  /** When the server is asked to end each watch in good order, in seconds. */
  readonly watchSeconds?: number;
}

const firstDelay = 200;
const longestDelay = 15_000;
/** A watch that stood this long was a good one: the next failure is the first again. */
const goodWatch = 5_000;
const refusedDelay = 60_000;

/**
 * Tells of changes in all namespaces as they happen: one watch a kind, which comes back by itself. A hint only: what
 * happens while a connection is down is not told, except that `onReconnect` follows.
 */
export class ClusterWatch {
  readonly #watches: readonly KindWatch[];
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(cluster: Pick<KubernetesCluster, 'latestVersion' | 'watch'>, options: ClusterWatchOptions) {
    this.#watches = options.kinds.map((kind) => new KindWatch(cluster, kind, options, this.#stopping.signal));
  }

  /** Whether every kind is being watched right now. */
  get healthy(): boolean {
    return this.#watches.every((watch) => watch.connected);
  }

  start(): void {
    this.#running = Promise.all(this.#watches.map((watch) => watch.run()));
  }

  /** Resolves when nothing of it runs any more. It cannot be started again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}

class KindWatch {
  connected = false;
  readonly #cluster: Pick<KubernetesCluster, 'latestVersion' | 'watch'>;
  readonly #kind: Kind;
  readonly #options: ClusterWatchOptions;
  readonly #stopping: AbortSignal;
  #resourceVersion: string | undefined;
  #failures = 0;
  #lost = false;
  #refused = false;

  constructor(
    cluster: Pick<KubernetesCluster, 'latestVersion' | 'watch'>,
    kind: Kind,
    options: ClusterWatchOptions,
    stopping: AbortSignal,
  ) {
    this.#cluster = cluster;
    this.#kind = kind;
    this.#options = options;
    this.#stopping = stopping;
  }

  async run(): Promise<void> {
    while (!this.#stopping.aborted) {
      const since = Date.now();
      try {
        await this.#follow();
      } catch (error) {
        if (this.#stopping.aborted) break;
        this.#noteFailure(error);
      }
      if (Date.now() - since >= goodWatch) this.#failures = 0;
      // Also after an end in good order, where it came too soon: no tight loop against a server that ends every watch.
      else this.#failures += 1;
      await this.#pause();
    }
    this.connected = false;
  }

  async #follow(): Promise<void> {
    const { labels, inactivityTimeout = 150_000, watchSeconds = 300 } = this.#options;
    const ending = new Ending(this.#stopping, inactivityTimeout);
    try {
      this.#resourceVersion ??= await this.#cluster.latestVersion(this.#kind, labels, ending.signal);
      const request = {
        kind: this.#kind,
        labels,
        resourceVersion: this.#resourceVersion,
        // Spread, so that the watches of all kinds and brokers do not end together.
        timeoutSeconds: Math.ceil(watchSeconds * (0.8 + 0.2 * Math.random())),
      };
      const events = await this.#cluster.watch(request, ending.signal);
      this.#noteConnection();
      for await (const event of events) {
        ending.refresh();
        this.#resourceVersion = event.resourceVersion;
        this.#tell(event);
      }
    } catch (error) {
      throw ending.timedOut ? new Error(`nothing came for ${inactivityTimeout} ms`, { cause: error }) : error;
    } finally {
      ending.release();
    }
  }

  #tell({ type, namespace, name }: WatchEvent): void {
    if (type === 'BOOKMARK') return;
    this.#guarded(() => this.#options.onChange({ kind: this.#kind.kind, namespace, name, type }));
  }

  #noteConnection(): void {
    this.connected = true;
    if (!this.#lost) return;
    this.#lost = false;
    this.#refused = false;
    this.#options.log.info({ kind: this.#kind.kind }, 'watching again');
    this.#guarded(this.#options.onReconnect);
  }

  #noteFailure(error: unknown): void {
    const { log } = this.#options;
    const kind = this.#kind.kind;
    this.connected = false;
    const status = error instanceof ClusterError ? error.status : 0;
    if (status === 410) this.#resourceVersion = undefined;
    const refused = status === 401 || status === 403 || status === 404;
    if (refused && !this.#refused) {
      log.error(
        { kind, err: error },
        `${kind} cannot be watched: the broker needs the verbs list and watch on it in all namespaces`,
      );
    } else if (!refused && !this.#lost) {
      log.warn({ kind, err: error }, 'a watch was lost; trying again');
    }
    this.#refused = refused;
    this.#lost = true;
  }

  async #pause(): Promise<void> {
    if (this.#failures === 0) return;
    const bound = this.#refused ? refusedDelay : Math.min(longestDelay, firstDelay * 2 ** (this.#failures - 1));
    const delay = bound * (0.5 + Math.random() / 2);
    await sleep(delay, undefined, { signal: this.#stopping, ref: false }).catch(() => undefined);
  }

  /** The owner's mistake must not end the watch. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.log.error({ kind: this.#kind.kind, err: error }, 'a listener of changes failed');
    }
  }
}
