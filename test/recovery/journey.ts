import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/services/service.js';
import type { OperationRecord } from '../../src/store/records.js';
import type { AppCredentials } from '../support/apps.js';
import type { Answer, BrokerDriver, LastOperationBody, Sold } from '../support/broker-driver.js';
import type { Passed, Strike } from '../support/fault-points.js';
import { beginRotation, endOfRotation } from '../support/rotations.js';
import { checkDeleted, checkLiving, checkQueue, checkStore, patiently } from './checks.js';
import type { Finding } from './findings.js';
import { inventoryOf } from './inventory.js';
import type { Lane } from './lane.js';
import { kindOf, type Part } from './points.js';
import { type Resumption, resumptionOf } from './resumption.js';
import type { Subject } from './subject.js';

/** One operation of a journey, and where a process is struck in it, if anywhere. */
export interface PlannedLeg {
  readonly part: Part;
  readonly point?: string;
}

/** How one operation went. */
export interface LegReport extends PlannedLeg {
  readonly strike: Strike | undefined;
  readonly resumption: Resumption | undefined;
  readonly findings: readonly Finding[];
  /** Its id; none where it was not even accepted. */
  readonly operation: string | undefined;
  readonly passed: readonly Passed[];
}

const operationSeconds = 150;
const pollMilliseconds = 150;
/** Longer than BullMQ takes to see that the worker of a job is dead. */
const queueSeconds = 20;
const seenSeconds = 10;

/** Parts that leave less than there was. */
const removals: readonly Part[] = ['unbind', 'shrink'];
const bindingPolicy = 'NetworkPolicy b-…';

let journeys = 0;

/** The life of one instance, from its provision to its deprovision, as a platform asks for it. */
export class Journey {
  readonly #instanceId = `journey-${++journeys}`;
  #id = '';
  /** The last part that changed the instance, and the parameters that it brought. */
  #form: { readonly part: Part; readonly parameters: JsonObject } = { part: 'provision', parameters: {} };
  /** By the platform's ids, oldest first. */
  readonly #bindings = new Map<string, AppCredentials>();
  readonly #unbound: AppCredentials[] = [];
  readonly #operations: string[] = [];
  #secretChanges = 1;
  /** Something was found already: its operations did not all succeed. */
  #isSpoilt = false;

  /** @param inventories of instances without bindings, after a part; the first journey finds them out */
  constructor(
    private readonly lane: Lane,
    private readonly sold: Sold,
    private readonly subject: Subject,
    private readonly inventories: Map<Part, readonly string[]>,
  ) {}

  /** @param tell of each operation when it is over */
  async run(legs: readonly PlannedLeg[], tell: (report: LegReport) => void): Promise<void> {
    for (const leg of legs) {
      const report = await this.#go(leg);
      tell(report);
      if (report.findings.length === 0) continue;
      // It may stand in the way of the next operation, but never of the deprovision, which leaves nothing.
      this.#isSpoilt = true;
      if (leg.part !== 'deprovision' && this.#id !== '') tell(await this.#go({ part: 'deprovision' }));
      return;
    }
  }

  async #go(leg: PlannedLeg): Promise<LegReport> {
    const { lane } = this;
    const findings: Finding[] = [];
    lane.points.forgetReached();
    const strike = await lane.struckDuring(leg.point, async () => {
      await this.#carryOut(leg.part).catch((error: Error) => findings.push({ sort: 'lost', text: error.message }));
    });
    findings.push(...(await lane.replaceEnded()));
    if (findings.length === 0) findings.push(...(await patiently(() => this.#check(leg.part))));
    if (findings.length === 0) await this.subject.afterwards[leg.part]?.(`m-${this.#id}`);
    if (leg.part === this.#size && !this.inventories.has(leg.part)) {
      this.inventories.set(
        leg.part,
        (await inventoryOf(`m-${this.#id}`)).filter((name) => name !== bindingPolicy),
      );
    }
    if (leg.part === 'deprovision') findings.push(...(await patiently(() => checkQueue(lane.place), queueSeconds)));
    const operation = await this.#newestOperation();
    const resumption = strike && operation !== undefined ? await this.#resumption(strike, operation) : undefined;
    return { ...leg, strike, resumption, findings, operation, passed: lane.points.reached };
  }

  async #carryOut(part: Part): Promise<void> {
    const { lane, sold } = this;
    const id = this.#instanceId;
    this.#operations.push(kindOf(part));
    switch (part) {
      case 'provision':
        await this.#demand((driver) => driver.provision(id, { ...sold, parameters: this.#take(part) }));
        this.#id = (await lane.place.instance(id)).id;
        return await this.#end();
      case 'bind':
        return await this.#bind(sold);
      case 'succeed':
        return await this.#bind({ predecessor_binding_id: [...this.#bindings.keys()].at(-1) ?? '' });
      case 'update':
      case 'shrink': {
        const { service_id } = sold;
        const parameters = this.#take(part);
        await this.#demand((driver) => driver.update(id, { service_id, parameters }));
        return await this.#end();
      }
      case 'authority':
      case 'key-file':
        return await this.#rotate(part);
      case 'unbind':
        return await this.#unbind();
      case 'deprovision':
        await this.#demand((driver) => driver.deprovision(id, sold));
        return await this.#end();
    }
  }

  async #rotate(what: string): Promise<void> {
    const { store } = this.lane.place;
    const { state, progress } = await endOfRotation(store, await beginRotation(store, this.#id, what));
    if (state !== 'succeeded') throw new Error(`${state}: ${progress}`);
    // A key file is exchanged by way of both.
    this.#secretChanges += what === 'key-file' ? 2 : 1;
  }

  #take(part: Part): JsonObject {
    const parameters = this.subject.parameters[part] ?? {};
    this.#form = { part, parameters };
    return parameters;
  }

  /** The part after which an instance consisted of what this one is to consist of. */
  get #size(): Part {
    return this.subject.sameAs[this.#form.part] ?? this.#form.part;
  }

  async #bind(body: Parameters<BrokerDriver['bind']>[2]): Promise<void> {
    const id = this.#instanceId;
    const bindingId = `binding-${this.#bindings.size + this.#unbound.length}`;
    await this.#demand((driver) => driver.bind(id, `${id}-${bindingId}`, body));
    await this.#end(`${id}-${bindingId}`);
    const fetched = await this.#demand((driver) => driver.fetchBinding(id, `${id}-${bindingId}`));
    this.#bindings.set(`${id}-${bindingId}`, fetched.body.credentials as unknown as AppCredentials);
  }

  async #unbind(): Promise<void> {
    const [oldest] = this.#bindings;
    if (!oldest) throw new Error('there is no binding to remove');
    const [bindingId, credentials] = oldest;
    await this.#demand((driver) => driver.unbind(this.#instanceId, bindingId, this.sold));
    this.#bindings.delete(bindingId);
    this.#unbound.push(credentials);
    await this.#end(bindingId);
  }

  async #demand<Body>(request: (driver: BrokerDriver) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    const answer = await this.lane.ask(request);
    // A deletion that is asked for again may be over: 410.
    if ([200, 201, 202, 410].includes(answer.status)) return answer;
    throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** Polls until the newest operation of the instance, or of a binding, has ended. */
  async #end(bindingId?: string): Promise<void> {
    const deadline = Date.now() + operationSeconds * 1000;
    for (;;) {
      const { body } = await this.#demand<LastOperationBody>((driver) =>
        driver.lastOperation(this.#instanceId, bindingId),
      );
      if (body.state === 'succeeded') return;
      if (body.state === 'failed') throw new Error(`failed: ${body.description}`);
      if (Date.now() > deadline) throw new Error(`in progress after ${operationSeconds} s: ${body.description}`);
      await sleep(pollMilliseconds);
    }
  }

  async #check(part: Part): Promise<readonly Finding[]> {
    const wanted = {
      id: this.#id,
      inventory: this.inventories.get(this.#size),
      parameters: this.#form.parameters,
      bindings: [...this.#bindings.values()],
      unbound: this.#unbound,
      operations: this.#operations,
      secretChanges: this.#secretChanges,
    };
    const { place } = this.lane;
    const inStore = this.#isSpoilt ? [] : await checkStore(place, wanted);
    const elsewhere =
      part === 'deprovision'
        ? await checkDeleted(place, this.#id)
        : await checkLiving(place, wanted, removals.includes(part) ? 'orphaned' : 'duplicated', this.subject.check);
    return [...inStore, ...elsewhere];
  }

  async #newestOperation(): Promise<string | undefined> {
    const operations = this.lane.place.store.collection<OperationRecord>('operations');
    const [newest] = await operations.find({ instance: this.#id }).sort({ acceptedAt: -1 }).limit(1).toArray();
    return newest?._id;
  }

  async #resumption(strike: Strike, operation: string): Promise<Resumption | undefined> {
    const { watch } = this.lane.place;
    const changes = () => watch.changes.filter((change) => change.operation === operation);
    const isOver = () => changes().some(({ fields }) => fields.active === false) || undefined;
    await watch.until(`end of ${operation}`, seenSeconds, isOver).catch(() => undefined);
    return resumptionOf(strike, changes());
  }
}
