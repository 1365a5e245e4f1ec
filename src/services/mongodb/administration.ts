import type { Db } from 'mongodb';

/** Where an instance is administered: at the primary of its replica set, or at any of its routers. */
export interface Administration {
  /** @param work gets the database `admin` */
  readonly asAdmin: <Result>(signal: AbortSignal, work: (admin: Db) => Promise<Result>) => Promise<Result>;
  /** Has every server that keeps what it knows of users look again; after one has changed or gone. */
  readonly forgetUsers: (signal: AbortSignal) => Promise<void>;
}
