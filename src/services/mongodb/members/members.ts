import type { Db } from 'mongodb';
import { OperatorError } from '../../../operations/errors.js';
import { podName } from '../names.js';
import { poll } from '../poll.js';
import { memberHost, ordinalOf, ordinals, type ReplicaSet } from '../replica-set/replica-set.js';
import { type InstanceSecrets, trustedAuthorities } from '../secrets.js';
import { type Hello, hello } from './commands.js';
import {
  adminLogin,
  type Login,
  type MemberConnections,
  MemberUnreachable,
  NotServing,
  systemLogin,
} from './connections.js';
import type { MemberAddress } from './routes.js';
import { hasCodeName, isNotPrimary } from './server-errors.js';

/** Gets the database `admin` of one member. */
type Work<Result> = (admin: Db) => Promise<Result>;

/** The members of one replica set, as Holdfast administers them. */
export class Members {
  readonly #set: ReplicaSet;
  readonly #secrets: InstanceSecrets;
  readonly #connections: MemberConnections;

  constructor(set: ReplicaSet, secrets: InstanceSecrets, connections: MemberConnections) {
    this.#set = set;
    this.#secrets = secrets;
    this.#connections = connections;
  }

  /** As `__system`: for what comes before the first user. */
  async asSystemOn<Result>(ordinal: number, work: Work<Result>): Promise<Result> {
    return this.#on(ordinal, systemLogin(this.#secrets), work);
  }

  /** @throws NoPrimary when there is none for some seconds */
  async asSystemOnPrimary<Result>(signal: AbortSignal, work: Work<Result>): Promise<Result> {
    return this.#onPrimary(systemLogin(this.#secrets), signal, work);
  }

  /**
   * As the administrator; the replica sets of a sharded cluster have no users of their own, there it is `__system`.
   * @throws NoPrimary when there is none for some seconds
   */
  async asAdminOnPrimary<Result>(signal: AbortSignal, work: Work<Result>): Promise<Result> {
    const login = this.#set.role === 'replica-set' ? adminLogin : systemLogin;
    return this.#onPrimary(login(this.#secrets), signal, work);
  }

  async #onPrimary<Result>(login: Login, signal: AbortSignal, work: Work<Result>): Promise<Result> {
    const answer = await poll(signal, async () => {
      try {
        const primary = await this.#findPrimary(login, signal);
        return primary === undefined ? undefined : { result: await this.#on(primary, login, work) };
      } catch (error) {
        if (isNotPrimary(error)) return undefined;
        throw error;
      }
    });
    if (!answer) throw new NoPrimary(this.#set.name);
    return answer.result;
  }

  /** Asks one member after the other which one is the primary. */
  async #findPrimary(login: Login, signal: AbortSignal): Promise<number | undefined> {
    for (const ordinal of ordinals(this.#set)) {
      try {
        const { isWritablePrimary, primary } = await this.#hello(ordinal, login, signal);
        if (isWritablePrimary) return ordinal;
        const named = primary === undefined ? undefined : ordinalOf(this.#set, primary);
        if (named !== undefined) return named;
      } catch (error) {
        if (!(error instanceof MemberUnreachable)) throw error;
      }
    }
    return undefined;
  }

  /** A member that has still to copy the users knows `__system` only. */
  async #hello(ordinal: number, login: Login, signal: AbortSignal): Promise<Hello> {
    const ask = (admin: Db) => hello(admin, signal);
    try {
      return await this.#connect(ordinal, login, ask);
    } catch (error) {
      if (!hasCodeName(error, 'AuthenticationFailed')) throw error;
      return await this.#on(ordinal, systemLogin(this.#secrets), ask);
    }
  }

  async #connect<Result>(ordinal: number, login: Login, work: Work<Result>): Promise<Result> {
    return await this.#connections.use(
      memberAddress(this.#set, ordinal),
      login,
      trustedAuthorities(this.#secrets),
      work,
    );
  }

  async #on<Result>(ordinal: number, login: Login, work: Work<Result>): Promise<Result> {
    try {
      return await this.#connect(ordinal, login, work);
    } catch (error) {
      if (!hasCodeName(error, 'AuthenticationFailed')) throw error;
      throw new OperatorError(
        `MongoDB refuses ${login.username}`,
        { member: memberHost(this.#set, ordinal) },
        { cause: error },
      );
    }
  }
}

export function memberAddress(set: ReplicaSet, ordinal: number): MemberAddress {
  const { instance, name } = set;
  return { namespace: instance.namespace, pod: podName(name, ordinal), host: memberHost(set, ordinal) };
}

export const memberAddresses = (set: ReplicaSet): readonly MemberAddress[] =>
  ordinals(set).map((ordinal) => memberAddress(set, ordinal));

/** For now: an election ends it. */
export class NoPrimary extends NotServing {
  override readonly name = 'NoPrimary';
  constructor(replicaSet: string) {
    super(`${replicaSet} has no primary`);
  }
}
