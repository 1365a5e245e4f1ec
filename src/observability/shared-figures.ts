import { type HealthChecks, readReadiness } from './health.js';
import type { Instruments } from './instruments.js';
import { Reading } from './reading.js';

/** What every process can tell, because it is read from what they share. */
export interface Sources {
  readonly health: HealthChecks;
  /** In the queue, by state. */
  readonly jobs?: () => Promise<Readonly<Record<string, number>>>;
  readonly figures?: () => Promise<StoreFigures>;
}

interface StoreFigures {
  readonly operations: readonly { readonly state: string; readonly count: number; readonly oldestSeconds: number }[];
  readonly undeliveredSeconds: number;
  readonly unsealedSeconds: number;
}

const none = () => Promise.reject(new Error('nobody knows'));

/** Puts into its instruments what was just read. What cannot be read is absent: it is neither zero nor what it was. */
export class SharedFigures {
  readonly #readiness;
  readonly #jobs;
  readonly #figures;

  constructor(
    { health, jobs = none, figures = none }: Sources,
    private readonly instruments: Instruments,
  ) {
    this.#readiness = new Reading(() => readReadiness(health.checks));
    this.#jobs = new Reading(jobs);
    this.#figures = new Reading(figures);
  }

  async read(): Promise<void> {
    const [readiness, jobs, figures] = await Promise.all([
      this.#readiness.get(),
      this.#jobs.get(),
      this.#figures.get(),
    ]);
    this.instruments.dependencies.reset();
    for (const [dependency, { status }] of Object.entries(readiness?.checks ?? {})) {
      this.instruments.dependencies.set({ dependency }, status === 'up' ? 1 : 0);
    }
    this.#putJobs(jobs);
    this.#putFigures(figures);
  }

  #putJobs(jobs: Readonly<Record<string, number>> = {}): void {
    this.instruments.jobs.reset();
    for (const [state, count] of Object.entries(jobs)) {
      this.instruments.jobs.set({ state: state === 'wait' ? 'waiting' : state }, count);
    }
  }

  #putFigures(figures: StoreFigures | undefined): void {
    const { activeOperations, oldestOperation, undelivered, unsealed } = this.instruments;
    activeOperations.reset();
    oldestOperation.reset();
    // A gauge without labels would be reset to zero.
    undelivered.remove();
    unsealed.remove();
    if (!figures) return;
    for (const { state, count, oldestSeconds } of figures.operations) {
      activeOperations.set({ state }, count);
      oldestOperation.set({ state }, oldestSeconds);
    }
    undelivered.set(figures.undeliveredSeconds);
    unsealed.set(figures.unsealedSeconds);
  }
}
