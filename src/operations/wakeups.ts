/** A worker's hold on what may wake an operation up. */
export interface Sleeper {
  /** Whether a wake-up came since it was last asked; forgets it. */
  takeWakeup(): boolean;
  /** The next wake-up makes the operation run; one that came before does so at once. */
  sleep(): void;
}

interface Entry {
  readonly topics: readonly string[];
  asleep: boolean;
  pending: boolean;
}

/**
 * Which operations a change in the cluster concerns. Only a hint, kept in memory: behind every wait stands a timer.
 * A wake-up that arrives while the operation's steps run is kept for when they are done.
 */
export class Wakeups {
  readonly #entries = new Map<string, Entry>();
  readonly #byTopic = new Map<string, Set<string>>();

  /** @param wake makes a sleeping operation run now */
  constructor(private readonly wake: (operation: string) => void) {}

  /** From now on wake-ups are kept for the operation, until it sleeps or leaves. */
  enter(operation: string, topics: readonly string[]): Sleeper {
    this.leave(operation);
    const entry: Entry = { topics, asleep: false, pending: false };
    this.#entries.set(operation, entry);
    for (const topic of topics) {
      const operations = this.#byTopic.get(topic) ?? new Set();
      this.#byTopic.set(topic, operations.add(operation));
    }
    return {
      takeWakeup: () => take(entry),
      sleep: () => {
        entry.asleep = true;
        if (take(entry)) this.#wakeOrKeep(operation);
      },
    };
  }

  leave(operation: string): void {
    const entry = this.#entries.get(operation);
    if (!entry) return;
    this.#entries.delete(operation);
    for (const topic of entry.topics) {
      const operations = this.#byTopic.get(topic);
      operations?.delete(operation);
      if (operations?.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** Something that concerns `topic` changed. */
  notify(topic: string): void {
    for (const operation of [...(this.#byTopic.get(topic) ?? [])]) this.#wakeOrKeep(operation);
  }

  /** Anything may have changed, as after a gap in a watch. */
  notifyAll(): void {
    for (const operation of [...this.#entries.keys()]) this.#wakeOrKeep(operation);
  }

  /** Who is woken has to enter again: it may run elsewhere next, or never. */
  #wakeOrKeep(operation: string): void {
    const entry = this.#entries.get(operation);
    if (!entry) return;
    if (!entry.asleep) {
      entry.pending = true;
      return;
    }
    this.leave(operation);
    this.wake(operation);
  }
}

function take(entry: Entry): boolean {
  const { pending } = entry;
  entry.pending = false;
  return pending;
}
