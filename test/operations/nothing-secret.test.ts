import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { BSON, type ChangeStream, MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.js';
import { loadConfiguration } from '../../src/configuration.js';
import { createLogger } from '../../src/observability/logger.js';
import type { StartError } from '../../src/start-error.js';
import { KeyRing } from '../../src/store/encryption.js';
import { SealedValues, sealedFields } from '../../src/store/sealed-fields.js';
import { BrokerDriver, bindingPath, instancePath, type RawOptions, type Sold } from '../support/broker-driver.js';
import { BrokerProcess } from '../support/broker-process.js';
import { Canaries } from '../support/canaries.js';
import { CommandProcess } from '../support/command-process.js';
import { compiledBroker, compiledStub } from '../support/compiled.js';
import { RedisProcess } from '../support/redis-process.js';
import { required, type Scratch, scratch } from '../support/scratch.js';
import { StubService } from '../support/stub-service.js';
import { TraceCollector } from '../support/trace-collector.js';

/**
 * Secrets are planted wherever something comes in, and those that Holdfast makes are read from its store; then everything that
 * came out is searched for them.
 */

const encryptionKeys = ['newer', 'older'].map((id) => ({ id, key: randomBytes(32) }));
const ring = new KeyRing(encryptionKeys);
const variable = encryptionKeys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');

let canaries: Canaries;
let folder: string;
let place: Scratch;
let redis: RedisProcess;
let platformPassword: string;
let collector: TraceCollector;
let storeUser: { readonly name: string; readonly url: string };
let administrator: MongoClient;
let changes: ChangeStream;
const changed: string[] = [];
const brokers: BrokerProcess[] = [];

beforeEach(async () => {
  canaries = new Canaries();
  for (const { id, key } of encryptionKeys) canaries.knowBytes(`the encryption key ${id}`, key);
  platformPassword = canaries.plant("the platform's password");
  folder = mkdtempSync(join(tmpdir(), 'holdfast-nothing-secret-'));
  redis = await RedisProcess.start({ folder, password: canaries.plantPlain("the queue's password") });
  collector = await TraceCollector.start();
  place = scratch();
  administrator = await new MongoClient(required('HOLDFAST_STORE_URL')).connect();
  storeUser = await makeStoreUser(canaries.plant("the store's password"));
  const { operationTime } = await administrator.db().command({ ping: 1 });
  changes = administrator.db(databaseName()).watch([], { startAtOperationTime: operationTime });
  changes.on('change', (change) => changed.push(BSON.EJSON.stringify(change)));
});
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.kill();
  await changes.close();
  await administrator.db('admin').command({ dropUser: storeUser.name });
  await administrator.close();
  await redis.remove();
  collector.stop();
  await place.remove();
  rmSync(folder, { recursive: true });
});

const databaseName = () => new URL(place.storeUrl).pathname.slice(1);

async function makeStoreUser(password: string) {
  const name = databaseName();
  const roles = ['readWrite', 'dbAdmin'].map((role) => ({ role, db: databaseName() }));
  await administrator.db('admin').command({ createUser: name, pwd: password, roles });
  const url = new URL(place.storeUrl);
  url.username = name;
  url.password = encodeURIComponent(password);
  return { name, url: url.href };
}

const environment = (): NodeJS.ProcessEnv => ({
  HOLDFAST_BASIC_AUTH: `platform:${platformPassword}`,
  HOLDFAST_STORE_URL: storeUser.url,
  HOLDFAST_REDIS_URL: redis.url,
  HOLDFAST_ENCRYPTION_KEYS: variable,
  HOLDFAST_CATALOG: join(import.meta.dirname, '../support/stub-catalog.yaml'),
  HOLDFAST_LOG_LEVEL: 'trace',
  ...collector.environment,
});

async function start(): Promise<BrokerProcess> {
  const broker = await BrokerProcess.start(environment(), compiledStub());
  brokers.push(broker);
  return broker;
}

/** A platform whose answers are searched, but for those that are meant to hold a secret. */
class Platform {
  readonly #driver: BrokerDriver;
  answers = 0;

  constructor(
    private readonly url: string,
    private readonly sold: Sold,
  ) {
    this.#driver = new BrokerDriver({ url, user: 'platform', password: platformPassword });
  }

  async ask(method: string, path: string, options: RawOptions = {}): Promise<number> {
    const { status, headers, body } = await this.#driver.raw<unknown>(method, path, options);
    const told = [...headers].map((header) => header.join(': '));
    canaries.search('answers', `${status} of ${method} ${path}`, [...told, JSON.stringify(body)].join('\n'));
    this.answers += 1;
    return status;
  }

  /** An answer with credentials or parameters, which are for whoever asked. */
  async askMeant(path: string): Promise<unknown> {
    const { status, body } = await this.#driver.raw<{ readonly credentials?: object }>('GET', path);
    expect(status).toBe(200);
    return body;
  }

  async provision(id: string, changes: object = {}): Promise<void> {
    const body = {
      ...this.sold,
      organization_guid: canaries.plantPlain('the organization', 'store'),
      space_guid: canaries.plantPlain('the space', 'store'),
      context: { platform: 'cloudfoundry', note: canaries.plant("the instance's context", 'store') },
      parameters: { colour: canaries.plant("the instance's parameters") },
      ...changes,
    };
    await this.ask('PUT', instancePath(id), { query: incomplete, body, headers: identity() });
    await this.#driver.poll(id, { seconds: 30 });
  }

  async update(id: string, parameters: object): Promise<number> {
    const body = { service_id: this.sold.service_id, parameters };
    const status = await this.ask('PATCH', instancePath(id), { query: incomplete, body, headers: identity() });
    if (status === 202) await this.#driver.poll(id, { seconds: 30 });
    return status;
  }

  /** Its answer is meant to hold the credentials, where it succeeds. */
  async bind(id: string, bindingId: string): Promise<void> {
    const body = {
      ...this.sold,
      context: { note: canaries.plant("the binding's context", 'store') },
      bind_resource: { app_guid: canaries.plantPlain('the app', 'store'), route: canaries.plant('the route', 'store') },
      parameters: { role: canaries.plant("the binding's parameters") },
    };
    await this.#driver.raw('PUT', bindingPath(id, bindingId), { query: incomplete, body, headers: identity() });
  }

  async rotate(id: string, bindingId: string, predecessor: string): Promise<void> {
    await this.#driver.bind(id, bindingId, { predecessor_binding_id: predecessor });
  }

  async unbind(id: string, bindingId: string): Promise<void> {
    await this.ask('DELETE', bindingPath(id, bindingId), {
      query: { ...incomplete, ...this.sold },
      headers: identity(),
    });
  }

  async deprovision(id: string): Promise<void> {
    await this.ask('DELETE', instancePath(id), { query: { ...incomplete, ...this.sold }, headers: identity() });
    await this.#driver.poll(id, { seconds: 30 });
  }

  async lastOperation(id: string): Promise<void> {
    await this.ask('GET', `${instancePath(id)}/last_operation`);
  }

  /** What no platform should send, with secrets where they might be. */
  async misbehave(): Promise<void> {
    const secret = () => canaries.plant('part of a malformed request');
    const plain = () => canaries.plantPlain('part of a malformed request');
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const authorizations = [
      basic(`platform:${secret()}`),
      basic(`${plain()}:${secret()}`),
      basic(secret()),
      `Bearer ${plain()}`,
      `Basic ${plain()}`,
      plain(),
    ];
    for (const authorization of authorizations) {
      expect(await this.ask('GET', '/v2/catalog', { headers: { authorization } })).toBe(401);
    }
    const bodies = [
      `{"parameters": {"colour": "${plain()}"`,
      JSON.stringify(plain()),
      JSON.stringify({ ...this.sold, organization_guid: 'o', space_guid: 's', parameters: plain() }),
      JSON.stringify({
        ...this.sold,
        organization_guid: 'o',
        space_guid: 's',
        parameters: { colour: { a: secret() } },
      }),
      JSON.stringify({ ...this.sold, organization_guid: 'o', space_guid: 's', parameters: { size: secret() } }),
      JSON.stringify({ ...this.sold, parameters: { colour: secret() } }),
      JSON.stringify({
        service_id: 'none',
        plan_id: 'none',
        organization_guid: 'o',
        space_guid: 's',
        parameters: { colour: secret() },
      }),
      JSON.stringify({ padding: 'x'.repeat(1_100_000), parameters: { colour: secret() } }),
    ];
    for (const body of bodies) {
      expect(await this.ask('PUT', instancePath('bad'), { query: incomplete, body })).toBeGreaterThanOrEqual(400);
    }
    const headers = [
      { 'X-Broker-API-Originating-Identity': `cloudfoundry ${plain()}` },
      { 'X-Broker-API-Originating-Identity': plain() },
      { cookie: plain(), 'x-api-key': plain() },
    ];
    for (const each of headers) await this.ask('GET', '/v2/catalog', { headers: each });
    await this.ask('GET', '/v2/catalog', { query: { token: secret() } });
    await this.ask('GET', `/${plain()}`);
    await this.ask('POST', `/v2/${plain()}`, { body: { secret: secret() } });
  }

  async lookAround(): Promise<void> {
    for (const path of ['/v2/catalog', '/health/live', '/health/ready', '/metrics', '/docs/openapi.json', '/docs']) {
      expect(await this.ask('GET', path)).toBe(200);
    }
    expect(this.url).toContain('http');
  }
}

const incomplete = { accepts_incomplete: 'true' };

const identity = () => {
  const value = { user_id: canaries.plantPlain('the user', 'store', 'log') };
  return {
    'X-Broker-API-Originating-Identity': `cloudfoundry ${Buffer.from(JSON.stringify(value)).toString('base64')}`,
  };
};

/** Whatever brokers have made and sealed so far. */
async function knowWhatWasMade(): Promise<void> {
  for (const field of sealedFields) {
    for await (const { sealed, place: where } of new SealedValues(administrator.db(databaseName()), field).find(
      { $nin: [] },
      100,
    )) {
      if (field.field !== 'parameters') canaries.knowAll(where, ring.open(sealed, where));
    }
  }
}

describe('a broker', () => {
  it('has nothing secret in its log, its traces, its answers, its queue, its store and its arguments', {
    timeout: 240_000,
  }, async () => {
    const broker = await start();
    const sold = await new BrokerDriver({ url: broker.url, user: 'platform', password: platformPassword }).sold(
      'stub',
      'small',
    );
    const platform = new Platform(broker.url, sold);
    await platform.provision('i');
    expect(await platform.update('i', { colour: canaries.plant("an update's parameters") })).toBe(202);
    expect(await platform.update('i', { colour: 'black', note: canaries.plant("a refused update's parameters") })).toBe(
      400,
    );
    await platform.bind('i', 'b');
    await platform.rotate('i', 'c', 'b');
    const meant = [instancePath('i'), bindingPath('i', 'b'), bindingPath('i', 'c')];
    expect(await Promise.all(meant.map((path) => platform.askMeant(path)))).toHaveLength(3);
    for (const id of ['refuses', 'breaks', 'stumbles']) {
      await platform.provision(id);
      await platform.bind(id, `${id}-b`);
      await platform.lastOperation(id);
    }
    await platform.misbehave();
    await platform.lookAround();
    await knowWhatWasMade();
    canaries.searchArguments(broker.pid);
    await platform.unbind('i', 'b');
    for (const id of ['i', 'refuses', 'breaks', 'stumbles']) await platform.deprovision(id);
    for (const command of ['rotate-keys', 'verify-audit'] as const) {
      const ran = new CommandProcess(command, environment());
      expect(await ran.exit, ran.output.join('\n')).toBe(0);
      canaries.search('log', command, ran.output.join('\n'));
    }
    const queue = new Redis(redis.url);
    const jobs = await canaries.searchRedis(queue);
    queue.disconnect();
    await broker.terminate();
    canaries.search('log', 'of the broker', broker.output.join('\n'));
    canaries.search('log', 'the traces', collector.received);
    const written = canaries.searchFiles('redis', folder);
    const documents = await canaries.searchStore(administrator.db(databaseName()));
    for (const change of changed) canaries.search('store', 'a change', change);
    expect(canaries.findings).toEqual([]);
    // It looked at something.
    expect(jobs).toBeGreaterThan(0);
    expect(written).toBeGreaterThan(1_000);
    expect(documents).toBeGreaterThan(50);
    expect(changed.length).toBeGreaterThan(documents);
    expect(platform.answers).toBeGreaterThan(30);
    expect(broker.output.length).toBeGreaterThan(100);
    expect(collector.spans.length).toBeGreaterThan(100);
    expect(broker.output.join('\n')).toContain('the stub stumbles');
    expect(canaries.count).toBeGreaterThan(60);
  });

  it('finds a secret in each of its forms, which the search itself has to', () => {
    const [one, other] = [canaries.plant('one'), canaries.plantPlain('other')];
    const texts = [
      one,
      JSON.stringify({ a: JSON.stringify({ one }) }),
      `a=${encodeURIComponent(one)}`,
      Buffer.from(`platform:${one}`).toString('base64'),
      Buffer.from(`12${one}`).toString('base64url'),
      Buffer.from(other).toString('hex'),
      String(new URLSearchParams({ one })),
    ];
    for (const text of texts) canaries.search('log', text, text);
    expect(canaries.findings).toHaveLength(texts.length);
  });
});

describe('a start that fails', () => {
  const plain = () => canaries.plantPlain('part of a wrong environment');

  it.each<[string, () => NodeJS.ProcessEnv]>([
    ['HOLDFAST_ENCRYPTION_KEYS', () => ({ HOLDFAST_ENCRYPTION_KEYS: plain() })],
    ['HOLDFAST_ENCRYPTION_KEYS', () => ({ HOLDFAST_ENCRYPTION_KEYS: `k:${plain()}` })],
    ['HOLDFAST_ENCRYPTION_KEYS', () => ({ HOLDFAST_ENCRYPTION_KEYS: `${variable},k:${canaries.plant('a key')}` })],
    ['HOLDFAST_LOST_ENCRYPTION_KEYS', () => ({ HOLDFAST_LOST_ENCRYPTION_KEYS: `k:${plain()}` })],
    ['HOLDFAST_BASIC_AUTH', () => ({ HOLDFAST_BASIC_AUTH: plain() })],
    ['HOLDFAST_BASIC_AUTH', () => ({ HOLDFAST_BASIC_AUTH: `platform:${plain()},${plain()}` })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `http://user:${plain()}@127.0.0.1/db` })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `http://h/?tlsCertificateKeyFilePassword=${plain()}` })],
    ['HOLDFAST_REDIS_URL', () => ({ HOLDFAST_REDIS_URL: `http://:${plain()}@127.0.0.1` })],
    ['HOLDFAST_REDIS_URL', () => ({ HOLDFAST_REDIS_URL: `http://127.0.0.1?password=${plain()}` })],
    [
      'HOLDFAST_ENCRYPTION_KEYS',
      () => ({ HOLDFAST_ENCRYPTION_KEYS: `newer:${randomBytes(32).toString('base64')},${variable}` }),
    ],
  ])('because of %s, by itself, shows nothing secret of it', (name, wrong) => {
    const asked = () => loadConfiguration({ ...environment(), ...wrong() });
    expect(asked).toThrow(
      expect.toSatisfy(({ message }: Error) => {
        canaries.search('log', name, message);
        return message.includes(name);
      }),
    );
    expect(canaries.findings).toEqual([]);
  });

  it.each<[string, () => NodeJS.ProcessEnv]>([
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `mongodb://us%er:${plain()}%@127.0.0.1:1/db` })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `mongodb://user:${plain()}@a@127.0.0.1:1:2/db` })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `mongodb://h/db?authMechanismProperties=${plain()}` })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: storeUser.url.replace(/:[^:@/]+@/, `:${plain()}@`) })],
    ['HOLDFAST_STORE_URL', () => ({ HOLDFAST_STORE_URL: `mongodb://user:${plain()}@` })],
  ])(
    'because of %s and what it leads to shows nothing secret of it',
    async (name, wrong) => {
      const lines: string[] = [];
      const configuration = loadConfiguration({ ...environment(), ...wrong() });
      const log = createLogger('trace', { write: (line) => void lines.push(line) });
      const asked = Broker.assemble({ configuration, log, createServices: () => [new StubService()] });
      await expect(asked).rejects.toThrow(
        expect.toSatisfy((error: StartError) => {
          lines.push(...error.lines);
          return error.message.includes(name);
        }),
      );
      canaries.search('log', name, lines.join('\n'));
      expect(canaries.findings).toEqual([]);
    },
    60_000,
  );

  it('of a process shows nothing secret of what was wrong', { timeout: 120_000 }, async () => {
    const file = join(folder, 'credentials');
    writeFileSync(file, `platform:${plain()}\n${plain()}\n`);
    const wrong = { HOLDFAST_BASIC_AUTH_FILE: file, HOLDFAST_ENCRYPTION_KEYS: `k:${plain()}` };
    const asked = BrokerProcess.start({ ...environment(), ...wrong }, compiledBroker());
    const output = await asked.then(
      (broker) => {
        brokers.push(broker);
        return '';
      },
      (error: Error) => error.message,
    );
    for (const name of Object.keys(wrong)) expect(output).toContain(name);
    canaries.search('log', 'a start', output);
    expect(canaries.findings).toEqual([]);
  });
});

describe('a broker whose Redis refuses its password', () => {
  it('says so, and not with which', { timeout: 120_000 }, async () => {
    const wrong = new URL(redis.url);
    wrong.password = canaries.plantPlain('the wrong password');
    const broker = await BrokerProcess.start({ ...environment(), HOLDFAST_REDIS_URL: wrong.href }, compiledStub());
    brokers.push(broker);
    const health = await fetch(`${broker.url}/health/ready`);
    canaries.search('answers', 'health', await health.text());
    await expect.poll(() => broker.output.join('\n'), { timeout: 20_000 }).toContain('WRONGPASS');
    canaries.search('log', 'of the broker', broker.output.join('\n'));
    expect(canaries.findings).toEqual([]);
  });
});
