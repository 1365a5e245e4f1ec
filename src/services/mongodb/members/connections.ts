import { createHash } from 'node:crypto';
import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { adminUser } from '../names.js';
import type { InstanceSecrets } from '../secrets.js';
import type { MemberAddress, OpenRoute, Route } from './routes.js';
import { hasCodeName } from './server-errors.js';

/** Whom a member takes us for, and whether we wait for its answers for as long as they take. */
export interface Login {
  readonly username: string;
  /** Tried in turn: while key files are rotated there are two. */
  readonly passwords: readonly string[];
  readonly authSource: 'admin' | 'local';
  readonly isPatient?: true;
}

/**
 * Every member knows `__system` by the key file's text: it initiates and reconfigures a set that has no users yet, and
 * needs no localhost exception for that.
 */
export const systemLogin = ({ keyFile, formerKeyFile }: InstanceSecrets): Login => ({
  username: '__system',
  passwords: formerKeyFile === undefined ? [keyFile] : [keyFile, formerKeyFile],
  authSource: 'local',
});

export const adminLogin = ({ adminPassword }: InstanceSecrets): Login => ({
  username: adminUser,
  passwords: [adminPassword],
  authSource: 'admin',
});

interface Connection {
  readonly client: MongoClient;
  readonly route: Route;
}

interface Entry {
  readonly opening: Promise<Connection>;
  users: number;
  idle?: NodeJS.Timeout;
}

const idleMilliseconds = 5_000;

/**
 * Connections to single members. One stays open for some seconds after its last use, because an operation's next step
 * asks the same member; then nothing of it is left.
 */
export class MemberConnections {
  readonly #openRoute: OpenRoute;
  readonly #entries = new Map<string, Entry>();

  constructor(openRoute: OpenRoute) {
    this.#openRoute = openRoute;
  }

  /** @param authority PEM certificates, one of which the member's own is signed by */
  async use<Result>(
    member: MemberAddress,
    login: Login,
    authority: string,
    work: (admin: Db) => Promise<Result>,
  ): Promise<Result> {
    const key = keyOf(member, login);
    const entry = this.#entries.get(key) ?? this.#add(key, open(this.#openRoute, member, login, authority));
    clearTimeout(entry.idle);
    entry.users += 1;
    try {
      const { client } = await entry.opening;
      return await work(client.db('admin'));
    } catch (error) {
      // A member that started anew may take only another of the passwords.
      const isRefused = hasCodeName(error, 'AuthenticationFailed');
      if (isRefused || !(error instanceof MongoServerError)) this.#forget(key, entry);
      throw isRefused && login.passwords.length > 1 ? new MemberUnreachable(member.pod, error) : error;
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#closeWhenIdle(key, entry);
    }
  }

  async close(): Promise<void> {
    const entries = [...this.#entries];
    for (const [key, entry] of entries) this.#forget(key, entry);
    await Promise.all(entries.map(([, entry]) => close(entry)));
  }

  #add(key: string, opening: Promise<Connection>): Entry {
    const entry: Entry = { opening, users: 0 };
    this.#entries.set(key, entry);
    opening.catch(() => this.#forget(key, entry));
    return entry;
  }

  #forget(key: string, entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  #closeWhenIdle(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) {
      void close(entry);
      return;
    }
    entry.idle = setTimeout(() => {
      this.#forget(key, entry);
      void close(entry);
    }, idleMilliseconds);
    entry.idle.unref();
  }
}

function keyOf({ host }: MemberAddress, { username, passwords, isPatient }: Login): string {
  const digest = createHash('sha256').update(passwords.join('\n')).digest('base64');
  return `${username}@${host} ${digest}${isPatient ? ' patiently' : ''}`;
}

async function open(openRoute: OpenRoute, member: MemberAddress, login: Login, authority: string): Promise<Connection> {
  const [password = '', ...others] = login.passwords;
  try {
    return await openWith(openRoute, member, login, password, authority);
  } catch (error) {
    if (others.length === 0 || !hasCodeName(error, 'AuthenticationFailed')) throw error;
    return await open(openRoute, member, { ...login, passwords: others }, authority);
  }
}

async function openWith(
  openRoute: OpenRoute,
  member: MemberAddress,
  { username, authSource, isPatient }: Login,
  password: string,
  authority: string,
): Promise<Connection> {
  const route = await openRoute(member);
  const client = new MongoClient(`mongodb://${route.host}/`, {
    appName: 'holdfast',
    auth: { username, password },
    authSource,
    authMechanism: 'SCRAM-SHA-256',
    directConnection: true,
    tls: true,
    ca: authority,
    maxPoolSize: 4,
    // A member that starts is asked again at once.
    minHeartbeatFrequencyMS: 50,
    serverMonitoringMode: 'poll',
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: isPatient ? 0 : 10_000,
    retryReads: false,
    retryWrites: false,
  });
  try {
    return { client: await client.connect(), route };
  } catch (error) {
    await closeConnection({ client, route });
    throw error instanceof MongoServerError ? error : new MemberUnreachable(member.pod, route.failure() ?? error);
  }
}

async function close(entry: Entry): Promise<void> {
  const connection = await entry.opening.catch(() => undefined);
  if (connection) await closeConnection(connection);
}

async function closeConnection({ client, route }: Connection): Promise<void> {
  await client.close().finally(() => route.close());
}

/** What is asked does not serve for now: a reason to wait. */
export abstract class NotServing extends Error {}

/** No connection to a member, for now. */
export class MemberUnreachable extends NotServing {
  override readonly name = 'MemberUnreachable';
  constructor(member: string, cause: unknown) {
    super(`${member} cannot be reached`, { cause });
  }
}
