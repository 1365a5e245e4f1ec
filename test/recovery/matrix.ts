import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sold } from '../support/broker-driver.js';
import { Journey, type LegReport, type PlannedLeg } from './journey.js';
import { Lane } from './lane.js';
import { type Leg, type Part, parts, selected, shuffled, type Task, tasksOf, uncovered } from './points.js';
import { type Matrix, type MetFinding, seconds } from './report.js';
import type { Resumption } from './resumption.js';
import { stepsOf } from './steps.js';
import type { Subject } from './subject.js';

export interface MatrixOptions {
  readonly subject: Subject;
  /** Of the order, and of the selection. */
  readonly seed: number;
  /** How many points at most, as many of each operation; all where it is left out. */
  readonly points?: number;
  /** Only points whose names have this in them. */
  readonly only?: string;
  /** Brokers that are struck side by side: most of a recovery is waiting for a lease to end. */
  readonly lanes: number;
  readonly print: (line: string) => void;
}

const offering = 'mongodb';
/** How often a point is armed that a run need not pass, such as one that a timer is faster than. */
const mostTries = 3;

/** Strikes every point once, each in one operation of a journey, with journeys side by side. */
export async function runMatrix(options: MatrixOptions): Promise<Matrix> {
  const run = new MatrixRun(options);
  const lanes: Lane[] = [];
  const catalog = options.subject.catalog?.();
  const environment = catalog ? { HOLDFAST_CATALOG: catalog.file } : {};
  try {
    lanes.push(...(await Promise.all(Array.from({ length: options.lanes }, () => Lane.open(environment)))));
    await run.learn(lanes);
    await Promise.all(lanes.map((lane, at) => run.work(lane, at)));
  } finally {
    await Promise.all(lanes.map((lane) => lane.close().catch((error: Error) => run.noteClose(error))));
    catalog?.remove();
  }
  return run.result;
}

class MatrixRun {
  readonly #began = performance.now();
  readonly #queue: Task[] = [];
  readonly #tries = new Map<Task, number>();
  readonly #struck: Task[] = [];
  readonly #notReached: Task[] = [];
  readonly #findings: MetFinding[] = [];
  readonly #resumptions: Resumption[] = [];
  #sold: Sold | undefined;
  readonly #inventories = new Map<Part, readonly string[]>();
  #uncovered: readonly string[] = [];
  #known = 0;
  #operations = 0;
  /** So that a short run is spread over all lanes. */
  #strikesAJourney = Number.POSITIVE_INFINITY;

  constructor(private readonly options: MatrixOptions) {}

  get result(): Matrix {
    return {
      known: this.#known,
      struck: this.#struck,
      notReached: this.#notReached,
      uncovered: this.#uncovered,
      operations: this.#operations,
      findings: this.#findings,
      resumptions: this.#resumptions,
      seconds: (performance.now() - this.#began) / 1000,
    };
  }

  /** Which points there are, by journeys in which nothing is struck: one, or, where all are to be found, one a lane. */
  async learn(lanes: readonly Lane[]): Promise<void> {
    const { subject, seed, points, only = '', print } = this.options;
    const legs: Leg[] = [];
    const [first] = lanes;
    if (!first?.driver) throw new Error('a matrix needs a lane');
    this.#sold = await first.driver.sold(offering, subject.plan);
    const learners = points === undefined && only === '' ? lanes : [first];
    const journeys = learners.map(async (lane, at) => {
      const journey = this.#journey(lane);
      await journey.run(
        subject.journey.map((part) => ({ part })),
        (report) => {
          this.#note(report, lane, at);
          if (report.operation !== undefined) legs.push({ ...report, operation: report.operation });
        },
      );
    });
    await Promise.all(journeys);
    const all = tasksOf(legs);
    this.#known = all.length;
    this.#uncovered = uncovered(await stepsOf(first.place.store, subject), all);
    const wanted = all.filter(({ point }) => point.includes(only));
    this.#queue.push(...(points === undefined ? shuffled(wanted, seed) : selected(wanted, points, seed)));
    this.#strikesAJourney = Math.ceil(this.#queue.length / lanes.length);
    const counts = [...new Set(subject.journey)].map(
      (part) => `${part} ${all.filter((task) => task.part === part).length}`,
    );
    print(`${all.length} fault points in the operations of a journey: ${counts.join(', ')}; seed ${seed}`);
  }

  /** Journeys, until there are no points left. */
  async work(lane: Lane, at: number): Promise<void> {
    for (;;) {
      const tasks = this.#take();
      if (tasks.length === 0) return;
      const left = new Set(tasks);
      try {
        await this.#journey(lane).run(legsFor(tasks), (report) => {
          const task = tasks.find(({ part, point }) => part === report.part && point === report.point);
          if (task) left.delete(task);
          this.#note(report, lane, at, task);
        });
      } catch (error) {
        const text = `lane ${at} cannot go on: ${(error as Error).stack}`;
        this.#findings.push({ sort: 'lost', part: 'provision', point: undefined, text });
        this.options.print(text);
        return;
      } finally {
        for (const task of left) this.#putBack(task);
      }
    }
  }

  /** Something could not be deleted, or is where it must not be. */
  noteClose({ message: text }: Error): void {
    this.#findings.push({ sort: 'orphaned', part: 'deprovision', point: undefined, text });
  }

  #journey(lane: Lane): Journey {
    if (!this.#sold) throw new Error('nothing was learnt');
    return new Journey(lane, this.#sold, this.options.subject, this.#inventories);
  }

  /** One point for each operation of the next journey, as far as there are. */
  #take(): readonly Task[] {
    const taken: Task[] = [];
    for (const part of this.options.subject.journey) {
      const at = this.#queue.findIndex((task) => task.part === part);
      if (at >= 0 && taken.length < this.#strikesAJourney) taken.push(...this.#queue.splice(at, 1));
    }
    return taken;
  }

  #putBack(task: Task): void {
    const tries = (this.#tries.get(task) ?? 0) + 1;
    this.#tries.set(task, tries);
    if (tries < mostTries) this.#queue.push(task);
    else this.#notReached.push(task);
  }

  #note(report: LegReport, lane: Lane, at: number, task?: Task): void {
    const { part, point, strike, resumption, findings, operation } = report;
    if (operation !== undefined) this.#operations += 1;
    if (task && strike) this.#struck.push(task);
    else if (task) this.#putBack(task);
    if (resumption) this.#resumptions.push(resumption);
    const { print } = this.options;
    const goesOn = resumption ? `, goes on after ${seconds(resumption.milliseconds)}` : '';
    const how = point === undefined ? 'undisturbed' : strike ? `${point}${goesOn}` : `${point}: not reached`;
    print(`${time()} lane ${at} ${part}: ${how}${findings.length === 0 ? '' : ', WRONG'}`);
    for (const finding of findings) {
      this.#findings.push({ ...finding, part, point });
      print(`  ${finding.sort}: ${finding.text}`);
    }
    if (findings.length > 0 && operation !== undefined) print(`  log: ${this.#keepLog(lane, operation)}`);
  }

  /** Of an operation that something was found in. */
  #keepLog(lane: Lane, operation: string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'holdfast-recovery-')), `${operation}.log`);
    writeFileSync(path, `${lane.linesAbout(operation).join('\n')}\n`);
    return path;
  }
}

/** A journey in which these points can be struck, and no longer than that takes. */
function legsFor(tasks: readonly Task[]): readonly PlannedLeg[] {
  const left = [...tasks];
  const unbinds = tasks.filter(({ part }) => part === 'unbind').length;
  const isNeeded = (part: Part) => tasks.some((task) => task.part === part);
  const needed: Record<Part, number> = {
    provision: 1,
    bind: isNeeded('bind') || isNeeded('succeed') || unbinds > 0 ? 1 : 0,
    succeed: isNeeded('succeed') || unbinds > 1 ? 1 : 0,
    authority: isNeeded('authority') ? 1 : 0,
    'key-file': isNeeded('key-file') ? 1 : 0,
    update: isNeeded('update') || isNeeded('shrink') ? 1 : 0,
    shrink: isNeeded('shrink') ? 1 : 0,
    unbind: unbinds,
    deprovision: 1,
  };
  return parts.flatMap((part) =>
    Array.from({ length: needed[part] }, () => {
      const at = left.findIndex((task) => task.part === part);
      const [task] = at < 0 ? [] : left.splice(at, 1);
      return task ?? { part };
    }),
  );
}

const time = (): string => new Date().toISOString().slice(11, 19);
