import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import { UserError } from '../../../src/operations/errors.js';
import { done, type StepOutcome, wait } from '../../../src/operations/step.js';
import { bindingPath, instancePath, type RawOptions, type Sold } from '../../support/broker-driver.js';
import type { StubBroker } from '../../support/stub-broker.js';
import type { StubStep } from '../../support/stub-service.js';
import type { Answer, Request, Stored, What } from './api-model.js';
import type { Happening } from './linearizability.js';

/** What a run consists of: all of it generated. */
export interface Play {
  /** What comes before all else, and is over when the others begin. */
  readonly prelude: readonly Request[];
  /** What each client asks, one after the other. */
  readonly clients: readonly (readonly Request[])[];
  /** What the steps come to, in the order in which they are let go on; they are done when it is used up. */
  readonly outcomes: readonly ('done' | 'failed' | 'wait')[];
  /** How long, in milliseconds, from letting one thing go on to the next; again from the beginning when it is used up. */
  readonly pauses: readonly number[];
}

interface RawBody {
  readonly operation?: string;
  readonly state?: string;
  readonly description?: string;
  readonly parameters?: { readonly colour?: string; readonly role?: string };
}

const quietMilliseconds = 60_000;
const identityHeader = 'x-broker-api-request-identity';

/**
 * Plays on a new instance id: the clients, each by the next broker, and the steps of their operations go on only when the
 * scheduler says so.
 */
export class Player {
  readonly #history: { what: What; from: number; until: number; identity?: string }[] = [];
  /** When an operation's last step was let go on: it cannot end before. */
  readonly #letGo = new Map<string, number>();
  readonly #id = randomUUID();
  #steps = 0;

  constructor(
    private readonly brokers: readonly StubBroker[],
    private readonly sold: Sold,
    private readonly scheduler: Scheduler,
    private readonly play: Play,
  ) {}

  get instanceId(): string {
    return this.#id;
  }

  /** Of a play that was broken off: no step is held any more. */
  abandon = (): void => {};
  readonly #abandoned = new Promise<void>((resolve) => {
    this.abandon = resolve;
  });

  /** What was seen, to be explained. */
  async run(): Promise<readonly Happening<What>[]> {
    await this.#act([this.play.prelude]);
    await this.#act(this.play.clients);
    await this.#lookAtTheEnd();
    await this.#noteOperations();
    return this.#history.map(({ what, from, until }) => ({ what, from, until }));
  }

  /** The service's behaviour for this instance id. */
  async step({ verb, instance, binding }: StubStep): Promise<StepOutcome> {
    const operation = await this.#store.operations.findOne({ subject: binding ?? instance, kind: verb, active: true });
    await Promise.race([this.scheduler.schedule(Promise.resolve(), `step of ${verb}`), this.#abandoned]);
    const outcome = this.play.outcomes[this.#steps++] ?? 'done';
    if (outcome === 'wait') {
      void this.scheduler.schedule(Promise.resolve(), 'wake-up').then(() => this.#wake());
      return wait('not yet');
    }
    if (operation) this.#letGo.set(operation._id, performance.now());
    if (outcome === 'failed') throw new UserError('it is to fail');
    return done;
  }

  /** Ends when all is quiet. */
  async #act(parts: readonly (readonly Request[])[]): Promise<void> {
    let isOver = false;
    const all = Promise.allSettled(parts.map((requests, index) => this.#client(index, requests))).then((ended) => {
      isOver = true;
      return ended;
    });
    await this.#letGoOn(async () => isOver);
    for (const ended of await all) if (ended.status === 'rejected') throw ended.reason;
    await this.#letGoOn(async () => (await this.#activeOperations()) === 0);
  }

  async #client(index: number, requests: readonly Request[]): Promise<void> {
    for (const request of requests) {
      await this.scheduler.schedule(Promise.resolve(), `client ${index}: ${JSON.stringify(request)}`);
      await this.#ask(request, index);
    }
  }

  async #ask(request: Request, by: number): Promise<void> {
    const { driver } = this.brokers[by % this.brokers.length] ?? {};
    if (!driver) throw new Error('there is no broker');
    const identity = randomUUID();
    const { method, path, ...rest } = this.#sent(request);
    const from = performance.now();
    const answered = await driver.raw<RawBody>(method, path, { ...rest, headers: { [identityHeader]: identity } });
    const until = performance.now();
    const { operation, state, description = '', parameters } = answered.body;
    const gaveUp = /^too many other requests/i.test(description) || undefined;
    const told = { operation, state, gaveUp, ...parameters };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
    const answer: Answer = { status: answered.status, ...known };
    this.#history.push({ what: { request, answer }, from, until, identity });
  }

  #sent(request: Request): { readonly method: string; readonly path: string } & RawOptions {
    const instance = instancePath(this.#id);
    const path = 'binding' in request ? bindingPath(this.#id, this.#bindingId(request.binding)) : instance;
    const query = { accepts_incomplete: 'true' };
    const { service_id } = this.sold;
    const parameters =
      'colour' in request ? { colour: request.colour } : 'role' in request ? { role: request.role } : {};
    switch (request.kind) {
      case 'provision':
        return {
          method: 'PUT',
          path,
          query,
          body: { ...this.sold, organization_guid: 'o', space_guid: 's', parameters },
        };
      case 'update':
        return { method: 'PATCH', path, query, body: { service_id, parameters } };
      case 'bind':
        return { method: 'PUT', path, query, body: { ...this.sold, parameters } };
      case 'deprovision':
      case 'unbind':
        return { method: 'DELETE', path, query: { ...query, ...this.sold } };
      case 'fetch':
      case 'fetch binding':
        return { method: 'GET', path };
      case 'last operation':
      case 'last operation of binding':
        return { method: 'GET', path: `${path}/last_operation` };
    }
  }

  /** Lets one thing after the other go on, until it is over. */
  async #letGoOn(isOver: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + quietMilliseconds;
    for (let turn = 0; !(await isOver()); turn++) {
      if (performance.now() > deadline) throw new Error(`not quiet within ${quietMilliseconds} ms`);
      if (this.scheduler.count() > 0) await this.scheduler.waitNext(1);
      await sleep(this.play.pauses[turn % this.play.pauses.length]);
    }
  }

  /** Everything that can be asked, when nothing goes on any more, and what the store holds. */
  async #lookAtTheEnd(): Promise<void> {
    const bindings = new Set(this.play.clients.flat().flatMap((each) => ('binding' in each ? each.binding : [])));
    await this.#ask({ kind: 'fetch' }, 0);
    await this.#ask({ kind: 'last operation' }, 1);
    for (const binding of bindings) {
      await this.#ask({ kind: 'fetch binding', binding }, 0);
      await this.#ask({ kind: 'last operation of binding', binding }, 1);
    }
    const now = performance.now();
    this.#history.push({ what: { store: await this.#stored([...bindings]) }, from: now, until: now });
  }

  async #stored(bindings: readonly string[]): Promise<Stored> {
    const instance = await this.#store.instances.findOne({ instanceId: this.#id, living: true });
    const living = await this.#store.bindings
      .find({ bindingId: { $in: bindings.map((id) => this.#bindingId(id)) }, living: true })
      .toArray();
    const phases = living.map(({ bindingId, phase }) => [bindingId.slice(this.#id.length + 1), phase] as const);
    return { instance: instance?.phase ?? null, bindings: Object.fromEntries(phases) };
  }

  /** Which request became which operation, and how each ended. */
  async #noteOperations(): Promise<void> {
    const accepted = await this.#store.auditEvents.find({ instanceId: this.#id, event: 'accepted' }).toArray();
    for (const each of this.#history) {
      const event = accepted.find(({ requestIdentity }) => requestIdentity === each.identity);
      if (event?.operation !== undefined && 'request' in each.what) {
        each.what = { ...each.what, became: event.operation };
      }
    }
    const ids = accepted.flatMap(({ operation }) => operation ?? []);
    for (const { _id, state } of await this.#store.operations.find({ _id: { $in: ids } }).toArray()) {
      if (state !== 'succeeded' && state !== 'failed') continue;
      const from = this.#letGo.get(_id) ?? Number.POSITIVE_INFINITY;
      this.#history.push({ what: { end: _id, as: state }, from, until: Number.POSITIVE_INFINITY });
    }
  }

  async #activeOperations(): Promise<number> {
    const instances = await this.#store.instances.find({ instanceId: this.#id }).toArray();
    const ids = instances.map(({ _id }) => _id);
    return await this.#store.operations.countDocuments({ instance: { $in: ids }, active: true });
  }

  #wake(): void {
    for (const { broker } of this.brokers) broker.engine?.wakeups.notifyAll();
  }

  #bindingId = (binding: string): string => `${this.#id}/${binding}`;

  get #store() {
    const [first] = this.brokers;
    if (!first) throw new Error('there is no broker');
    return first.broker.store;
  }
}
