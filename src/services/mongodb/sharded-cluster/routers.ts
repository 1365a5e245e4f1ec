import type { V1Pod } from '@kubernetes/client-node';
import type { Db } from 'mongodb';
import type { Cluster } from '../../../kubernetes/cluster.js';
import type { Administration } from '../administration.js';
import { podKind } from '../kinds.js';
import { change } from '../members/commands.js';
import {
  adminLogin,
  type Login,
  type MemberConnections,
  MemberUnreachable,
  NotServing,
  systemLogin,
} from '../members/connections.js';
import { isRunning, type Observed } from '../members/pod-states.js';
import type { MemberAddress } from '../members/routes.js';
import { podName } from '../names.js';
import { ordinalOf } from '../replica-set/replica-set.js';
import { type InstanceSecrets, trustedAuthorities } from '../secrets.js';
import { routerHost, routerSelector, routersName, type ShardedCluster } from './sharded-cluster.js';

/** Gets the database `admin` of one router. */
type Work<Result> = (admin: Db) => Promise<Result>;

/** The routers of a sharded cluster, as Holdfast administers it through them. */
export class Routers implements Administration {
  readonly #sharded: ShardedCluster;
  readonly #secrets: InstanceSecrets;
  readonly #cluster: Cluster;
  readonly #connections: MemberConnections;

  constructor(
    sharded: ShardedCluster,
    secrets: InstanceSecrets,
    { cluster, connections }: { readonly cluster: Cluster; readonly connections: MemberConnections },
  ) {
    this.#sharded = sharded;
    this.#secrets = secrets;
    this.#cluster = cluster;
    this.#connections = connections;
  }

  get names(): readonly string[] {
    return this.addresses.map(({ pod }) => pod);
  }

  /** @throws NoRouter when none of them can be reached */
  readonly asAdmin = async <Result>(_signal: AbortSignal, work: Work<Result>): Promise<Result> =>
    await this.#onAny(adminLogin(this.#secrets), work);

  /** For commands that move data, and take their time. */
  async asPatientAdmin<Result>(work: Work<Result>): Promise<Result> {
    return await this.#onAny({ ...adminLogin(this.#secrets), isPatient: true }, work);
  }

  /** As `__system`: for what comes before the first user. */
  async asSystem<Result>(work: Work<Result>): Promise<Result> {
    return await this.#onAny(systemLogin(this.#secrets), work);
  }

  async asSystemOn<Result>(ordinal: number, work: Work<Result>): Promise<Result> {
    return await this.#on(ordinal, systemLogin(this.#secrets), work);
  }

  /**
   * A router asks for a user again only after half a minute, unless it is told to.
   * https://www.mongodb.com/docs/manual/reference/command/invalidateUserCache/
   */
  readonly forgetUsers = async (signal: AbortSignal): Promise<void> => {
    const { pods } = await this.observe(signal);
    // Also of routers that the cluster is to lose.
    const ordinals = pods
      .filter(isRunning)
      .map(({ metadata }) => ordinalOf({ name: routersName }, metadata?.name ?? ''))
      .filter((ordinal) => ordinal !== undefined);
    await Promise.all(
      ordinals.map((ordinal) =>
        this.#on(ordinal, systemLogin(this.#secrets), (admin) => change(admin, { invalidateUserCache: 1 }, signal)),
      ),
    );
  };

  async observe(signal: AbortSignal): Promise<Observed> {
    const { instance } = this.#sharded;
    const where = { namespace: instance.namespace, labels: routerSelector(instance) };
    return { pods: await this.#cluster.list<V1Pod>(podKind, where, signal), claims: [] };
  }

  get addresses(): readonly MemberAddress[] {
    return this.#ordinals.map((ordinal) => routerAddress(this.#sharded, ordinal));
  }

  get #ordinals(): readonly number[] {
    return Array.from({ length: this.#sharded.routers.count }, (_, ordinal) => ordinal);
  }

  async #onAny<Result>(login: Login, work: Work<Result>): Promise<Result> {
    for (const ordinal of this.#ordinals) {
      try {
        return await this.#on(ordinal, login, work);
      } catch (error) {
        if (!(error instanceof MemberUnreachable)) throw error;
      }
    }
    throw new NoRouter();
  }

  async #on<Result>(ordinal: number, login: Login, work: Work<Result>): Promise<Result> {
    const address = routerAddress(this.#sharded, ordinal);
    return await this.#connections.use(address, login, trustedAuthorities(this.#secrets), work);
  }
}

export function routerAddress({ instance }: ShardedCluster, ordinal: number): MemberAddress {
  return { namespace: instance.namespace, pod: podName(routersName, ordinal), host: routerHost(instance, ordinal) };
}

/** For now: they start, or start anew. */
export class NoRouter extends NotServing {
  override readonly name = 'NoRouter';
  constructor() {
    super('no router can be reached');
  }
}
