import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker } from '../../src/broker.js';
import { loadConfiguration } from '../../src/configuration.js';
import { createLogger } from '../../src/observability/logger.js';
import { OperatorError, UserError } from '../../src/operations/errors.js';
import type { ReconcilerTask } from '../../src/operations/reconciler.js';
import { done } from '../../src/operations/step.js';
import { serve } from '../../src/serve.js';
import { stopOnSignals } from '../../src/signals.js';
import { Store } from '../../src/store/store.js';
import { startTracing } from '../../src/tracing.js';
import { StubService, type StubStep } from './stub-service.js';

/*
 * A broker of the stub service as a process of its own, put together as `src/main.ts` does, but for the cluster. Besides
 * the broker's own environment:
 *
 * - STUB_QUEUE_PREFIX: of the queue's keys
 * - STUB_STEP_MILLISECONDS: how long each step takes; a shutdown cuts it off
 * - what the platform calls `refuses…` fails for good, and `breaks…` once for the operator, both by an error that carries secrets, as
 *   those of libraries do; `stumbles…` fails once in passing
 * - STUB_TASK_MILLISECONDS: the reconciler has one more task, which takes so long and writes each of its runs to `task_runs`
 */

export interface TaskRun {
  readonly _id: string;
  readonly pid: number;
  /** By the store's clock. */
  readonly startedAt: Date;
  readonly endedAt?: Date;
}

const { STUB_QUEUE_PREFIX: queuePrefix, STUB_STEP_MILLISECONDS, STUB_TASK_MILLISECONDS } = process.env;
const configuration = loadConfiguration(process.env);
const log = createLogger(configuration.logLevel);

const endTracing = await startTracing(configuration, log);
const service = new StubService();
const stepMilliseconds = Number(STUB_STEP_MILLISECONDS ?? 0);
service.suffix = () => `-${randomBytes(12).toString('hex')}`;
service.behaviour = async (step) => {
  const { context } = step;
  // Nobody looks at them in this process, and each keeps its run's signals alive.
  service.ran.length = 0;
  if (stepMilliseconds > 0) await sleep(stepMilliseconds, undefined, { signal: context.signal });
  fail(step);
  return done;
};

const stumbled = new Set<string>();

function fail({ instanceId, secrets, verb }: StubStep): void {
  if (verb === 'deprovision') return;
  const carried = {
    command: { pwd: secrets },
    options: { auth: secrets },
    cause: Object.assign(new Error('why'), { secrets }),
  };
  if (instanceId.startsWith('refuses')) throw Object.assign(new UserError('the stub cannot do that'), carried);
  if (instanceId.startsWith('breaks')) throw Object.assign(new OperatorError('the stub is broken', 'whole'), carried);
  if (!instanceId.startsWith('stumbles') || stumbled.has(instanceId)) return;
  stumbled.add(instanceId);
  throw Object.assign(new Error('the stub stumbles'), carried);
}

function taskThatTakes(milliseconds: number): ReconcilerTask {
  const runs = Store.open(configuration.storeUrl).database.collection<TaskRun>('task_runs');
  return {
    name: 'count-runs',
    everyMilliseconds: 100,
    async run() {
      const run = { _id: randomUUID() };
      await runs.updateOne(run, { $set: { pid: process.pid }, $currentDate: { startedAt: true } }, { upsert: true });
      await sleep(milliseconds);
      await runs.updateOne(run, { $currentDate: { endedAt: true } });
      return 0;
    },
  };
}

const broker = await Broker.assemble({
  configuration,
  log,
  createServices: () => [service],
  createTasks: () => (STUB_TASK_MILLISECONDS === undefined ? [] : [taskThatTakes(Number(STUB_TASK_MILLISECONDS))]),
  ...(queuePrefix !== undefined && { queuePrefix }),
});
const served = await serve({ broker, configuration, checks: {}, log });
broker.engine?.start();
log.info({ url: served.url, role: configuration.role, broker: broker.identity }, 'Holdfast is ready');
const stop = async () => {
  await served.close();
  await broker.stop();
  await endTracing();
};
stopOnSignals(stop, configuration.drainSeconds + configuration.synchronousSeconds, log);
