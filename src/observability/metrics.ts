import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Events, listen } from './events.js';
import { createInstruments, type Instruments } from './instruments.js';
import { onRedisCommands } from './redis-commands.js';
import { SharedFigures, type Sources } from './shared-figures.js';
import { stepLabel } from './step-label.js';

/** What is known before anything happens: counters of it begin at zero, so that their first rise is one. */
export interface Expected {
  readonly services: readonly string[];
  readonly kinds: readonly string[];
  readonly states: readonly string[];
  readonly tasks: readonly string[];
}

/** What this process measures of itself, from what it tells. */
export class Metrics {
  readonly registry = new Registry();
  readonly instruments: Instruments = createInstruments(this.registry);
  readonly #listening: readonly (() => void)[];
  readonly #shared: SharedFigures;
  #countsEnd = 0;

  constructor(sources: Sources) {
    this.#shared = new SharedFigures(sources, this.instruments);
    collectDefaultMetrics({ register: this.registry });
    this.#listening = [
      ...Object.entries(this.#heard()).map(([name, hear]) =>
        listen(name as keyof Events, hear as (event: Events[keyof Events]) => void),
      ),
      onRedisCommands((command, outcome, seconds) =>
        this.instruments.redisSeconds.observe({ command, outcome }, seconds),
      ),
    ];
  }

  #heard(): { readonly [Name in keyof Events]: (event: Events[Name]) => void } {
    const measured = this.instruments;
    return {
      operationEnded: ({ seconds, ...labels }) => {
        measured.operations.inc(labels);
        measured.operationSeconds.observe(labels, seconds);
      },
      stepRan: (labels) => measured.stepRuns.inc({ ...labels, step: stepLabel(labels.step) }),
      stepDone: ({ seconds, ...labels }) =>
        measured.stepSeconds.observe({ ...labels, step: stepLabel(labels.step) }, seconds),
      leaseLost: (labels) => measured.leasesLost.inc(labels),
      taskRan: ({ task, seconds, found }) => {
        measured.taskSeconds.observe({ task }, seconds);
        measured.findings.inc({ task }, found);
      },
      taskFailed: (labels) => measured.taskFailures.inc(labels),
      instancesCounted: ({ counts, validSeconds }) => {
        measured.instances.reset();
        for (const { count, ...labels } of counts) measured.instances.set(labels, count);
        this.#countsEnd = performance.now() + validSeconds * 1_000;
      },
      auditDeviation: (labels) => measured.auditDeviations.inc(labels),
      storeAnswered: ({ seconds, ...labels }) => measured.storeSeconds.observe(labels, seconds),
    };
  }

  expect({ services, kinds, states, tasks }: Expected): void {
    const { operations, leasesLost, findings, taskFailures, auditDeviations } = this.instruments;
    for (const service of services) {
      for (const kind of kinds) {
        for (const state of states) operations.inc({ service, kind, state }, 0);
        for (const reason of ['expired', 'taken']) leasesLost.inc({ service, kind, reason }, 0);
      }
    }
    for (const task of tasks) {
      findings.inc({ task }, 0);
      taskFailures.inc({ task }, 0);
    }
    for (const deviation of ['cut', 'changed']) auditDeviations.inc({ deviation }, 0);
  }

  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void {
    this.instruments.requests.observe(labels, seconds);
  }

  /** In the text format of Prometheus. */
  async read(): Promise<string> {
    // Another process counts by now.
    if (performance.now() > this.#countsEnd) this.instruments.instances.reset();
    await this.#shared.read();
    return await this.registry.metrics();
  }

  stop(): void {
    for (const end of this.#listening) end();
  }
}
