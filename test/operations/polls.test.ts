import { afterAll, beforeAll, expect, it } from 'vitest';
import { KeyRing } from '../../src/store/encryption.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import { BrokerDriver } from '../support/broker-driver.js';
import { profile, profileOf } from '../support/store-profile.js';
import { encryptionKey, StubBroker } from '../support/stub-broker.js';

/*
 * Those who poll in the same moment are answered by one command: each of them has the answer for its own platform and id.
 */

const seconds = 30;
const ids = Array.from({ length: 8 }, (_, number) => `polled-${number}`);
const platforms = ['platform', 'other'] as const;
/** Of those above, on each platform. */
const [deleted, reused] = ['polled-0', 'polled-1'];

let stub: StubBroker;
let instances: ServiceInstancesRepository;
const operations = new Map<string, string>();

beforeAll(async () => {
  stub = await StubBroker.start();
  instances = new ServiceInstancesRepository(stub.broker.store, new KeyRing([encryptionKey]));
  for (const platform of platforms) {
    const driver = new BrokerDriver({ url: stub.url, user: platform, password: 'secret' });
    const sold = await driver.sold('stub', 'small');
    const ask = async (id: string, what: 'provision' | 'deprovision') => {
      const { body } = await driver[what](id, sold);
      await driver.poll(id, { seconds });
      operations.set(`${platform} ${id}`, String(body.operation));
    };
    await Promise.all(ids.map((id) => ask(id, 'provision')));
    await Promise.all([deleted, reused].map((id) => ask(id, 'deprovision')));
    await ask(reused, 'provision');
  }
});
afterAll(() => stub.end());

it('everyone is told of the own instance, and nobody of one that is not there', async () => {
  const asked = platforms.flatMap((platform) => [...ids, ...ids, 'never'].map((id) => ({ platform, id })));
  const answers = await Promise.all(asked.map(({ platform, id }) => instances.findNewestOperation(platform, id)));
  const told = answers.map((answer) => answer?.operation?._id);
  expect(told).toEqual(asked.map(({ platform, id }) => operations.get(`${platform} ${id}`)));
  expect(answers.map((answer) => answer?.living)).toEqual(
    asked.map(({ id }) => (id === 'never' ? undefined : id !== deleted)),
  );
  const living = await Promise.all(asked.map(({ platform, id }) => instances.findLiving(platform, id)));
  expect(living.map((instance) => instance?.lastOperation)).toEqual(
    asked.map(({ platform, id }) => (id === deleted ? undefined : operations.get(`${platform} ${id}`))),
  );
});

it('a hundred of them cost one command, and so do those that come after', async () => {
  const { store } = stub.broker;
  const pollAll = () =>
    Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        instances.findNewestOperation('platform', ids[2 + (number % 6)] ?? ''),
      ),
    );
  await profile(store);
  await pollAll();
  await pollAll();
  const { collectionName } = store.instances;
  const commands = (await profileOf(store)).filter(({ command }) => command.aggregate === collectionName);
  expect(commands).toHaveLength(2);
});
