import supertest, { type Test } from 'supertest';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { UserError } from '../../src/operations/errors.js';
import { done, wait } from '../../src/operations/step.js';
import { bindingPath, instancePath, type LastOperationBody, type Sold } from '../support/broker-driver.js';
import { StubBroker } from '../support/stub-broker.js';
import type { StubStep } from '../support/stub-service.js';

/*
 * A platform that talks to a broker over real HTTP, with the real store and the real queue behind it. Only the service
 * is a double: done at once, unless the test holds an instance or lets it fail.
 */

type Query = Readonly<Record<string, string | boolean>>;
type Headers = Readonly<Record<string, string>>;

export const held = 'held by the test';
const incomplete: Query = { accepts_incomplete: true };
let ids = 0;

export interface Speaker {
  readonly version?: string;
  readonly user?: string;
}

/** What one platform asks of a broker, in one version of the API. */
export class StubPlatform {
  constructor(
    protected readonly place: { stub?: StubBroker; sold?: Sold },
    private readonly speaker: Speaker = {},
  ) {}

  as(speaker: Speaker): StubPlatform {
    return new StubPlatform(this.place, { ...this.speaker, ...speaker });
  }

  get stub(): StubBroker {
    if (!this.place.stub) throw new Error('the broker has not started');
    return this.place.stub;
  }

  get store() {
    return this.stub.broker.store;
  }

  /** Of the plan `small`. */
  get sold(): Sold {
    if (!this.place.sold) throw new Error('the broker has not started');
    return this.place.sold;
  }

  soldAs = (plan: string): Promise<Sold> => this.stub.driver.sold('stub', plan);

  send(
    method: 'get' | 'put' | 'patch' | 'delete' | 'post',
    path: string,
    query: Query = {},
    headers: Headers = {},
  ): Test {
    const { version = '2.17', user = 'platform' } = this.speaker;
    const request = supertest(this.stub.url)[method](path).query(query).auth(user, 'secret');
    return request.set({ 'X-Broker-API-Version': version, ...headers });
  }

  /** A whole provision request. */
  request = (changes: object = {}): object => ({ ...this.sold, organization_guid: 'o', space_guid: 's', ...changes });

  catalog = (headers: Headers = {}): Test => this.send('get', '/v2/catalog', {}, headers);
  provision = (id: string, changes: object = {}, query = incomplete): Test =>
    this.send('put', instancePath(id), query).send(this.request(changes));
  fetch = (id: string): Test => this.send('get', instancePath(id));
  update = (id: string, body: object, query = incomplete): Test =>
    this.send('patch', instancePath(id), query).send({ service_id: this.sold.service_id, ...body });
  deprovision = (id: string, query: Query = { ...incomplete, ...this.sold }): Test =>
    this.send('delete', instancePath(id), query);
  last = (id: string, query: Query = {}): Test => this.send('get', `${instancePath(id)}/last_operation`, query);

  bind = (id: string, binding: string, body: object = this.sold, query = incomplete): Test =>
    this.send('put', bindingPath(id, binding), query).send(body);
  rotate = (id: string, binding: string, predecessor: string): Test =>
    this.bind(id, binding, { predecessor_binding_id: predecessor });
  fetchBinding = (id: string, binding: string): Test => this.send('get', bindingPath(id, binding));
  unbind = (id: string, binding: string, query: Query = { ...incomplete, ...this.sold }): Test =>
    this.send('delete', bindingPath(id, binding), query);
  lastOfBinding = (id: string, binding: string, query: Query = {}): Test =>
    this.send('get', `${bindingPath(id, binding)}/last_operation`, query);

  /** The end of the operation that runs. */
  ended = (id: string, bindingId?: string): Promise<LastOperationBody> =>
    this.stub.driver.poll(id, { seconds: 10, ...(bindingId !== undefined && { bindingId }) });

  /** A new instance that is there. */
  async ready(changes: object = {}): Promise<string> {
    const id = newId();
    await this.provision(id, changes).expect(202);
    await this.ended(id);
    return id;
  }

  /** A new instance with the binding `b`. */
  async bound(id = newId(), parameters: object = {}): Promise<{ readonly id: string; readonly binding: string }> {
    await this.provision(id).expect(202);
    await this.ended(id);
    const binding = `${id}-b`;
    await this.bind(id, binding, { ...this.sold, parameters }).expect(201);
    return { id, binding };
  }

  /** How much there is of everything that an accepted request leaves behind. */
  async traces(): Promise<readonly number[]> {
    const { instances, bindings, operations, auditEvents } = this.store;
    return await Promise.all([
      instances.countDocuments(),
      bindings.countDocuments(),
      operations.countDocuments(),
      auditEvents.countDocuments({ event: 'accepted' }),
    ]);
  }
}

/** The platform of a file's tests, and its hand on the service. */
class PlatformInCharge extends StubPlatform {
  readonly #held = new Set<string>();
  readonly #failing = new Map<string, string>();

  async start(environment: NodeJS.ProcessEnv): Promise<void> {
    const stub = await StubBroker.start({ HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: '1000', ...environment });
    stub.service.behaviour = async ({ instanceId }: StubStep) => {
      const reason = this.#failing.get(instanceId);
      if (reason !== undefined) throw new UserError(reason);
      return this.#held.has(instanceId) ? wait(held) : done;
    };
    this.place.stub = stub;
    this.place.sold = await stub.driver.sold('stub', 'small');
  }

  /** Whatever the instance's operations do, they do not end. */
  hold(id: string): void {
    this.#held.add(id);
  }

  /** Whatever the instance's operations do fails. */
  fail(id: string, reason: string): void {
    this.#failing.set(id, reason);
  }

  release(): void {
    this.#held.clear();
    this.#failing.clear();
    this.stub.broker.engine?.wakeups.notifyAll();
  }
}

/** A broker for all tests of a file; each test takes new ids. */
export function usePlatform(environment: NodeJS.ProcessEnv = {}): PlatformInCharge {
  const platform = new PlatformInCharge({});
  beforeAll(() => platform.start(environment));
  afterEach(() => platform.release());
  afterAll(() => platform.stub.end());
  return platform;
}

export const newId = (): string => `i-${++ids}`;
