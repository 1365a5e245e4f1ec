import type { V1StatefulSet } from '@kubernetes/client-node';
import { expect, vi } from 'vitest';
import type { AuditEventRecord, OperationRecord, ServiceBindingRecord } from '../../src/store/records.js';
import { inNamespace, kinds, madeBy, volumesOf } from './admin-cluster.js';
import { type AppCredentials, appClient } from './apps.js';
import type { Answer, BrokerDriver, Sold } from './broker-driver.js';
import type { BrokerPlace } from './broker-place.js';
import { onMember, primaryOf } from './members.js';

/** How many operations of each kind run at once. */
export interface Mix {
  readonly developers: number;
  readonly replicaSets: number;
  readonly binds: number;
  readonly deprovisions: number;
}

const operationSeconds = 180;

interface Kept {
  readonly instanceId: string;
  readonly sold: Sold;
}

/**
 * What a platform asks for in waves, each of some provisions, binds and deprovisions at once: what one wave makes is
 * what the next one binds to and deletes.
 */
export class Workload {
  readonly #kept: Kept[] = [];
  #plans: { readonly developer: Sold; readonly replicaSet: Sold } | undefined;
  #count = 0;

  constructor(
    private readonly place: BrokerPlace,
    private readonly driver: BrokerDriver,
  ) {}

  /** Has as many instances ready as a wave binds to and deletes. */
  async prepare({ binds, deprovisions }: Mix): Promise<void> {
    const wanted = Math.sign(binds) + deprovisions - this.#kept.length;
    await this.end(await this.begin({ developers: Math.max(0, wanted), replicaSets: 0, binds: 0, deprovisions: 0 }));
  }

  /** Asks for all operations of a wave; they are accepted when this returns, and most of them run. */
  async begin({ developers, replicaSets, binds, deprovisions }: Mix): Promise<readonly string[]> {
    const { developer, replicaSet } = await this.#sold();
    const leaving = this.#kept.splice(0, deprovisions);
    const bound = repeat(binds, this.#kept.at(-1)).filter((kept) => kept !== undefined);
    const made = [...repeat(developers, developer), ...repeat(replicaSets, replicaSet)].map((sold) => ({
      instanceId: this.#name('instance'),
      sold,
    }));
    this.#kept.push(...made);
    const answers = [
      ...made.map(({ instanceId, sold }) => this.driver.provision(instanceId, sold)),
      ...bound.map(({ instanceId, sold }) => this.driver.bind(instanceId, this.#name('binding'), sold)),
      ...leaving.map(({ instanceId, sold }) => this.driver.deprovision(instanceId, sold)),
    ];
    return await Promise.all(answers.map(accepted));
  }

  /** How many of some operations have not ended yet. */
  async running(operations: readonly string[]): Promise<number> {
    return await this.#operations.countDocuments({ _id: { $in: [...operations] }, active: true });
  }

  /** Waits until some operations have ended, well, and each but once. */
  async end(operations: readonly string[]): Promise<void> {
    await vi.waitFor(async () => expect(await this.running(operations)).toBe(0), {
      timeout: operationSeconds * 1000,
      interval: 100,
    });
    const ended = await this.#operations.find({ _id: { $in: [...operations] } }).toArray();
    expect(ended).toHaveLength(operations.length);
    const failed = ended.filter(({ state }) => state !== 'succeeded');
    expect(failed.map(({ kind, progress }) => `${kind}: ${progress}`)).toEqual([]);
    const events = this.place.store.collection<AuditEventRecord>('audit_events');
    for (const { _id } of ended) {
      const told = await events.find({ operation: _id }).toArray();
      expect(told.map(({ event }) => event).sort()).toEqual(['accepted', 'succeeded']);
    }
  }

  /** Exactly what was asked for is there: nothing twice, nothing of what was deleted, and apps can use it. */
  async isAsAsked(): Promise<void> {
    const living = await Promise.all(
      this.#kept.map(async (kept) => ({ ...kept, ...(await this.place.instance(kept.instanceId)) })),
    );
    expect([...(await this.#namespaces())].sort()).toEqual(living.map(({ namespace }) => `/${namespace}`).sort());
    for (const instance of living) await this.#hasOneOfEach(instance);
    await this.#leftNothing();
    await this.#isConsistent();
  }

  /** Deletes all there is, and nothing is left of it. */
  async removeAll(): Promise<void> {
    const leaving = this.#kept.splice(0);
    const answers = leaving.map(({ instanceId, sold }) => this.driver.deprovision(instanceId, sold));
    await this.end(await Promise.all(answers.map(accepted)));
    expect(await this.#namespaces()).toEqual([]);
    await this.#leftNothing();
    await vi.waitFor(async () => expect(await this.place.jobs()).toEqual([]), { timeout: 30_000, interval: 200 });
  }

  async #hasOneOfEach({ id, namespace, instanceId, sold }: Kept & { readonly id: string; readonly namespace: string }) {
    const sets = await inNamespace<V1StatefulSet>(kinds.statefulSet, namespace);
    const members = sold === this.#plans?.replicaSet ? 3 : 1;
    expect(sets.map(({ metadata, spec }) => [metadata?.name, spec?.replicas])).toEqual([['rs0', members]]);
    expect(await inNamespace(kinds.pod, namespace)).toHaveLength(members);
    const bindings = await this.#bindings.find({ instance: id, living: true }).toArray();
    const names = bindings.map(({ _id }) => `b-${_id}`);
    const primary = await primaryOf(namespace);
    const { users } = await onMember(namespace, primary, (database) => database.command({ usersInfo: 1 }));
    const found = (users as { readonly user: string }[]).map(({ user }) => user);
    expect(found.sort()).toEqual(['holdfast-admin', ...names].sort());
    for (const { bindingId } of bindings) await this.#canBeUsed(instanceId, bindingId);
  }

  async #canBeUsed(instanceId: string, bindingId: string): Promise<void> {
    const { body } = await this.driver.fetchBinding(instanceId, bindingId);
    const client = appClient(body.credentials as unknown as AppCredentials);
    try {
      await client.db().collection('notes').insertOne({ n: 1 });
    } finally {
      await client.close();
    }
  }

  /** Of what was deleted, no volume; nobody holds what has ended. */
  async #leftNothing(): Promise<void> {
    const instances = this.place.store.collection<{ readonly _id: string; readonly living: boolean }>(
      'service_instances',
    );
    for (const { _id } of await instances.find({ living: false }).toArray()) {
      expect(await volumesOf(`m-${_id}`)).toEqual([]);
    }
    expect(await this.#operations.countDocuments({ active: true })).toBe(0);
  }

  /** No id of the platform's is there twice. */
  async #isConsistent(): Promise<void> {
    for (const [collection, id] of [
      ['service_instances', 'instanceId'],
      ['service_bindings', 'bindingId'],
    ] as const) {
      const living = await this.place.store.collection(collection).find({ living: true }).toArray();
      expect(new Set(living.map((record) => record[id])).size).toBe(living.length);
      expect(living.filter(({ phase }) => phase !== 'ready')).toEqual([]);
    }
  }

  async #namespaces(): Promise<readonly string[]> {
    const identity = await this.place.store.collection('identity').findOne();
    return await madeBy(String(identity?.identity), kinds.namespace);
  }

  async #sold() {
    this.#plans ??= {
      developer: await this.driver.sold('mongodb', 'developer'),
      replicaSet: await this.driver.sold('mongodb', 'replica-set-small'),
    };
    return this.#plans;
  }

  #name(what: string): string {
    this.#count += 1;
    return `${what} ${this.#count}`;
  }

  get #operations() {
    return this.place.store.collection<OperationRecord>('operations');
  }

  get #bindings() {
    return this.place.store.collection<ServiceBindingRecord>('service_bindings');
  }
}

/** The operation that was accepted. */
async function accepted(answer: Promise<Answer<{ readonly operation?: string }>>): Promise<string> {
  const { status, body } = await answer;
  expect({ status, body }).toMatchObject({ status: 202, body: { operation: expect.stringMatching(/^op-/) } });
  return String(body.operation);
}

const repeat = <Value>(times: number, value: Value): Value[] => Array.from({ length: times }, () => value);
