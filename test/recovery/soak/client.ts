import { setTimeout as sleep } from 'node:timers/promises';
import { type AppCredentials, appClient } from '../../support/apps.js';
import type { Answer, BrokerDriver, LastOperationBody, Sold } from '../../support/broker-driver.js';
import type { Dice } from './dice.js';
import type { Site } from './site.js';

const pollMilliseconds = 250;
/** Longer than any operation may take, by its plan. */
const operationSeconds = 900;
const mostBindings = 3;
const mostPauseMilliseconds = 6_000;

/** An instance as its platform knows it. */
interface Owned {
  readonly instanceId: string;
  readonly sold: Sold;
  readonly bindings: string[];
  isReadOnly: boolean;
}

/** A platform that asks for one thing after the other, at random, and waits for each. */
export class SoakClient {
  /** What it was told that it should not have been. */
  readonly complaints: string[] = [];
  #owned: Owned | undefined;
  #count = 0;

  constructor(
    private readonly name: string,
    private readonly site: Site,
    private readonly dice: Dice,
    private readonly plans: { readonly developer: Sold; readonly 'replica-set-small': Sold },
  ) {}

  /** Until it is told to stop; then it ends what it is about. */
  async work(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      try {
        await this.#next();
      } catch (error) {
        this.complaints.push(`${this.name}: ${(error as Error).message}`);
        await this.#giveUp();
      }
      await sleep(this.dice.between(0, mostPauseMilliseconds), undefined, { signal: over }).catch(() => {});
    }
  }

  async #next(): Promise<void> {
    const owned = this.#owned;
    if (!owned) return await this.#provision();
    const { bindings } = owned;
    const isFull = bindings.length >= mostBindings;
    const next = this.dice.weighted({
      bind: isFull ? 0 : 4,
      rotate: isFull || bindings.length === 0 ? 0 : 2,
      update: 2,
      unbind: bindings.length,
      deprovision: 1.5,
    });
    switch (next) {
      case 'bind':
        return await this.#bind(owned, owned.sold);
      case 'rotate':
        return await this.#bind(owned, { predecessor_binding_id: this.dice.pick(bindings) });
      case 'update':
        return await this.#update(owned);
      case 'unbind':
        return await this.#unbind(owned, this.dice.pick(bindings));
      case 'deprovision':
        return await this.#deprovision(owned);
    }
  }

  async #provision(): Promise<void> {
    const sold = this.plans[this.dice.weighted({ developer: 3, 'replica-set-small': 1 })];
    const owned = { instanceId: this.#id('instance'), sold, bindings: [], isReadOnly: false };
    this.#owned = owned;
    await this.#ask([200, 202], (driver) => driver.provision(owned.instanceId, sold));
    if (this.dice.chance(0.2)) {
      await sleep(this.dice.between(0, 5_000));
      return await this.#deprovision(owned);
    }
    await this.#end(owned);
  }

  async #bind(owned: Owned, body: Parameters<BrokerDriver['bind']>[2]): Promise<void> {
    const bindingId = this.#id('binding');
    await this.#ask([200, 201, 202], (driver) => driver.bind(owned.instanceId, bindingId, body));
    owned.bindings.push(bindingId);
    await this.#end(owned, bindingId);
    const { body: fetched } = await this.#ask([200], (driver) => driver.fetchBinding(owned.instanceId, bindingId));
    // Connecting costs more than binding does.
    if (this.dice.chance(0.25)) await this.#use(fetched.credentials as unknown as AppCredentials, owned);
  }

  /** As an app of the binding. */
  async #use(credentials: AppCredentials, { isReadOnly }: Owned): Promise<void> {
    const client = appClient(credentials, { maxPoolSize: 1 });
    try {
      const notes = client.db().collection('notes');
      await notes.findOne();
      if (!isReadOnly) await notes.insertOne({ at: new Date() });
    } finally {
      await client.close();
    }
  }

  async #update(owned: Owned): Promise<void> {
    const { service_id } = owned.sold;
    const isReadOnly = this.dice.chance(0.5);
    const default_read_concern = this.dice.pick(['local', 'majority', 'available']);
    const parameters = { read_only: isReadOnly, default_read_concern };
    await this.#ask([200, 202], (driver) => driver.update(owned.instanceId, { service_id, parameters }));
    await this.#end(owned);
    owned.isReadOnly = isReadOnly;
  }

  async #unbind(owned: Owned, bindingId: string): Promise<void> {
    await this.#ask([200, 202, 410], (driver) => driver.unbind(owned.instanceId, bindingId, owned.sold));
    owned.bindings.splice(owned.bindings.indexOf(bindingId), 1);
    await this.#end(owned, bindingId);
  }

  async #deprovision(owned: Owned): Promise<void> {
    await this.#ask([200, 202, 410], (driver) => driver.deprovision(owned.instanceId, owned.sold));
    await this.#end(owned);
    this.#owned = undefined;
  }

  /** What failed is deleted, as a platform does; what cannot even be deleted is left to the end of the run. */
  async #giveUp(): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    if (!owned) return;
    await this.#deprovision(owned).catch((error: Error) => {
      this.complaints.push(`${this.name}, deleting what failed: ${error.message}`);
    });
  }

  async #ask<Body>(
    statuses: readonly number[],
    request: (driver: BrokerDriver) => Promise<Answer<Body>>,
  ): Promise<Answer<Body>> {
    const answer = await this.site.ask(this.dice, request);
    if (statuses.includes(answer.status)) return answer;
    throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async #end({ instanceId }: Owned, bindingId?: string): Promise<void> {
    const deadline = Date.now() + operationSeconds * 1000;
    for (;;) {
      const { status, body } = await this.#ask<LastOperationBody>([200, 410], (driver) =>
        driver.lastOperation(instanceId, bindingId),
      );
      if (status === 410 || body.state === 'succeeded') return;
      if (body.state === 'failed') throw new Error(`${bindingId ?? instanceId} failed: ${body.description}`);
      if (Date.now() > deadline) throw new Error(`${bindingId ?? instanceId} is in progress: ${body.description}`);
      await sleep(pollMilliseconds);
    }
  }

  #id(what: string): string {
    this.#count += 1;
    return `${this.name}-${what}-${this.#count}`;
  }
}
