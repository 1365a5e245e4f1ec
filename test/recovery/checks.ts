import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, MongoServerError } from 'mongodb';
import { type Settings, settingsOf } from '../../src/services/mongodb/settings.js';
import type { JsonObject } from '../../src/services/service.js';
import type {
  AuditEventRecord,
  OperationRecord,
  ServiceBindingRecord,
  ServiceInstanceRecord,
} from '../../src/store/records.js';
import { admin, kinds, never, readSecret, volumesOf } from '../support/admin-cluster.js';
import { type AppCredentials, appClient } from '../support/apps.js';
import type { BrokerPlace } from '../support/broker-place.js';
import { memberNames, onMember, type Status } from '../support/members.js';
import { differences, type Finding, type Sort } from './findings.js';
import { inventoryOf } from './inventory.js';
import type { Wanted } from './wanted.js';

/** Controllers and members follow what the broker did; longer than that takes. */
const patienceSeconds = 8;
const lookMilliseconds = 250;
/** On a busy machine one look may take all of the time, and meet a connection that breaks. */
const fewestLooks = 3;

/** Looks until nothing is wrong, or for too long. */
export async function patiently(
  look: () => Promise<readonly Finding[]>,
  seconds = patienceSeconds,
): Promise<readonly Finding[]> {
  const deadline = Date.now() + seconds * 1000;
  for (let looks = 1; ; looks++) {
    const findings = await look().catch((error: Error) => [
      { sort: 'lost' as const, text: `cannot be looked at: ${error.message}` },
    ]);
    if (findings.length === 0 || (looks >= fewestLooks && Date.now() > deadline)) return findings;
    await sleep(lookMilliseconds);
  }
}

/** What is wrong with the servers of an instance. @param surplus what it is where there is too much of something */
export type CheckServers = (
  namespace: string,
  wanted: Wanted,
  surplus: Exclude<Sort, 'lost'>,
) => Promise<readonly Finding[]>;

/** What is wrong with an instance that lives. */
export async function checkLiving(
  place: BrokerPlace,
  wanted: Wanted,
  surplus: Exclude<Sort, 'lost'>,
  checkServers: CheckServers,
): Promise<readonly Finding[]> {
  const settings = settingsOf(wanted.parameters);
  const namespace = `m-${wanted.id}`;
  const policies = wanted.bindings.map(() => 'NetworkPolicy b-…');
  const [inventory, ...others] = await Promise.all([
    inventoryOf(namespace),
    checkServers(namespace, wanted, surplus),
    checkSecrets(place, wanted),
    ...wanted.bindings.map((binding) => checkApp(binding, settings)),
    ...wanted.unbound.map((binding) => checkRefused(binding)),
  ]);
  const expected = [...(wanted.inventory ?? inventory.filter((name) => name !== 'NetworkPolicy b-…')), ...policies];
  return [...differences('objects', inventory, expected, surplus), ...others.flat()];
}

/** What is left of an instance that is deleted. */
export async function checkDeleted(place: BrokerPlace, id: string): Promise<readonly Finding[]> {
  const namespace = `m-${id}`;
  const [object, volumes, instance, bindings] = await Promise.all([
    admin.read(kinds.namespace, { name: namespace }, never),
    volumesOf(namespace),
    place.store.collection<ServiceInstanceRecord>('service_instances').findOne({ _id: id }),
    place.store.collection<ServiceBindingRecord>('service_bindings').find({ instance: id }).toArray(),
  ]);
  const left = [
    ...(object ? [`namespace ${namespace}`] : []),
    ...volumes.map(({ metadata }) => `volume ${metadata?.name}`),
    ...[instance, ...bindings].flatMap((record) =>
      record?.living || record?.secrets || record?.parameters ? [`record ${record._id} in phase ${record.phase}`] : [],
    ),
  ];
  return left.map((what) => ({ sort: 'orphaned' as const, text: `${what} is left` }));
}

/** Whether the queue still holds something, although nothing is in progress. */
export async function checkQueue(place: BrokerPlace): Promise<readonly Finding[]> {
  const jobs = await place.jobs();
  return jobs.map((job) => ({ sort: 'orphaned' as const, text: `job ${job} is left in the queue` }));
}

export const checkReplicaSet: CheckServers = async (namespace, { bindings, parameters }, surplus) => {
  const found = await Promise.all(
    memberNames.map((member) =>
      onMember(namespace, member, async (database) => {
        const [{ members, votingMembersCount }, { users }, concerns] = await Promise.all([
          database.command({ replSetGetStatus: 1 }) as Promise<unknown> as Promise<Status>,
          database.command({ usersInfo: 1 }),
          database.command({ getDefaultRWConcern: 1 }),
        ]);
        const names = members.map(({ name }) => name.split('.')[0] ?? '');
        return [
          ...differences(`members, by ${member}`, names, memberNames),
          ...differences(`votes, by ${member}`, [String(votingMembersCount)], ['3']),
          ...differences(`users, by ${member}`, namesOf(users), usersOf(bindings), surplus),
          ...differences(`default concerns, by ${member}`, [concernsIn(concerns)], [concernsOf(parameters)]),
        ];
      }),
    ),
  );
  return found.flat();
};

export const namesOf = (users: readonly { readonly user: string }[]) => users.map(({ user }) => user);

export const usersOf = (bindings: readonly AppCredentials[]) => [
  'holdfast-admin',
  ...bindings.map(({ username }) => username),
];

/** @param told by getDefaultRWConcern */
export const concernsIn = (told: Document): string =>
  `${told.defaultWriteConcern?.w} ${told.defaultReadConcern?.level ?? 'local'}`;

export function concernsOf(parameters: JsonObject): string {
  const { default_write_concern: write, default_read_concern: read } = settingsOf(parameters);
  return `${write} ${read}`;
}

/** Generated once, and once a rotation; and what the members were given. */
async function checkSecrets({ watch }: BrokerPlace, { id, secretChanges }: Wanted): Promise<readonly Finding[]> {
  const place = `service_instances/${id}/secrets`;
  const namespace = `m-${id}`;
  const [keyFile, tls, login] = await Promise.all(
    ['keyfile', 'tls', 'admin'].map((name) => readSecret(namespace, name)),
  );
  const given = [keyFile?.keyfile, tls?.['ca.crt'], login?.password];
  const secret = (name: string) => watch.secrets.get(`${place}.${name}`) ?? '';
  const authorities = secret('authority.certificate') + secret('formerAuthority.certificate');
  const stored = [secret('keyFile'), authorities, secret('adminPassword')];
  const times = watch.generated.filter((generated) => generated === place).length;
  return [
    ...(times === secretChanges
      ? []
      : [{ sort: 'duplicated' as const, text: `secrets were changed ${times} times, not ${secretChanges}` }]),
    ...(given.every((text, at) => text !== undefined && text === stored[at])
      ? []
      : [{ sort: 'lost' as const, text: 'the Secrets do not hold what the store has' }]),
  ];
}

/** One operation for each that was asked for, each told once when it began and once when it had succeeded. */
export async function checkStore({ store }: BrokerPlace, { id, operations }: Wanted): Promise<readonly Finding[]> {
  const records = await store.collection<OperationRecord>('operations').find({ instance: id }).toArray();
  const events = await store
    .collection<AuditEventRecord>('audit_events')
    .find({ operation: { $in: records.map(({ _id }) => _id) } })
    .toArray();
  const told = (operation: string) => events.filter((event) => event.operation === operation).map(({ event }) => event);
  return [
    ...differences(
      'operations',
      records.map(({ kind }) => kind),
      operations,
    ),
    ...records.flatMap(({ _id, kind, state, progress }) => [
      ...(state === 'succeeded' ? [] : [{ sort: 'lost' as const, text: `${kind} ${_id} is ${state}: ${progress}` }]),
      ...differences(`audit of ${kind} ${_id}`, told(_id), ['accepted', 'succeeded']),
    ]),
  ];
}

const writesBlocked = 371;
const authenticationFailed = 18;

/** Writes and reads with what the app was given; where apps may not write, that alone is refused. */
async function checkApp(credentials: AppCredentials, { read_only: isReadOnly }: Settings): Promise<readonly Finding[]> {
  const client = appClient(credentials, { maxPoolSize: 1 });
  const notes = client.db().collection('notes');
  try {
    const refusal = await codeOf(notes.insertOne({ at: new Date() }));
    await notes.findOne();
    if (refusal === (isReadOnly ? writesBlocked : undefined)) return [];
    return [{ sort: 'lost', text: `${credentials.username}: a write meets code ${refusal}` }];
  } catch (error) {
    return [{ sort: 'lost', text: `${credentials.username} cannot be used: ${(error as Error).message}` }];
  } finally {
    await client.close();
  }
}

async function checkRefused(credentials: AppCredentials): Promise<readonly Finding[]> {
  const client = appClient(credentials, { maxPoolSize: 1 });
  try {
    const code = await codeOf(client.connect());
    return code === authenticationFailed
      ? []
      : [{ sort: 'orphaned', text: `${credentials.username} can still log in` }];
  } finally {
    await client.close();
  }
}

/** The server's error code, or `undefined` where it does as it was asked. */
async function codeOf(asked: Promise<unknown>): Promise<unknown> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof MongoServerError) return error.code;
    throw error;
  }
}
