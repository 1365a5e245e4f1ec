import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, MongoServerError } from 'mongodb';

/** A store of one member, as it is to be. */
export interface SingleMember {
  /** Name and port that the member is known by. */
  readonly host: string;
  readonly replicaSet: string;
  /** What its key file holds. */
  readonly keyFile: string;
  /** It is given this password, and these roles. */
  readonly user: { readonly name: string; readonly password: string; readonly roles: readonly (string | object)[] };
}

/**
 * Makes a mongod that has just been installed the set and the user that a store needs; where they are there, it changes
 * nothing but the user's password and roles.
 * @throws where it is not the primary within `seconds`
 */
export async function initiateSingleMember(store: SingleMember, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  // Whoever holds the key file is the member `__system` itself: no first login without a password is needed.
  const client = new MongoClient(`mongodb://${store.host}/?directConnection=true`, {
    auth: { username: '__system', password: store.keyFile },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
    serverSelectionTimeoutMS: seconds * 1_000,
  });
  try {
    const admin = client.db('admin');
    const members = [{ _id: 0, host: store.host }];
    await unlessInitialized(() =>
      admin.command({
        replSetInitiate: { _id: store.replicaSet, members, settings: { electionTimeoutMillis: 1_000 } },
      }),
    );
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (Date.now() > deadline) throw new Error(`${store.host} did not become primary within ${seconds} s`);
      await sleep(50);
    }
    const { name, password, roles } = store.user;
    const user = { pwd: password, roles, mechanisms: ['SCRAM-SHA-256'] };
    const { users } = await admin.command({ usersInfo: name });
    const isThere = Array.isArray(users) && users.length > 0;
    await admin.command(isThere ? { updateUser: name, ...user } : { createUser: name, ...user });
  } finally {
    await client.close();
  }
}

async function unlessInitialized(initiate: () => Promise<unknown>): Promise<void> {
  try {
    await initiate();
  } catch (error) {
    if (!(error instanceof MongoServerError && error.codeName === 'AlreadyInitialized')) throw error;
  }
}
