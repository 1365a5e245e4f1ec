import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { Logger } from '../observability/logger.js';
import { Locks } from './locks.js';

export interface Migration {
  readonly id: string;
  /** Safe to run again after it was cut off at any line. */
  up(database: Db): Promise<void>;
}

interface MigrationRecord {
  readonly _id: string;
  readonly at: Date;
}

const lock = { name: 'migrations', milliseconds: 60_000 };

/** Brings the store to the newest form. Several processes may call it at once: one works, the others wait. */
export async function migrate(
  database: Db,
  migrations: readonly Migration[],
  owner: string,
  log: Logger,
): Promise<void> {
  const applied = database.collection<MigrationRecord>('migrations');
  const missing = async () => {
    const known = new Set((await applied.find().toArray()).map(({ _id }) => _id));
    return migrations.filter(({ id }) => !known.has(id));
  };
  if ((await missing()).length === 0) return;

  const locks = new Locks(database, owner);
  while (!(await locks.take(lock.name, lock.milliseconds))) await sleep(250);
  const renewal = setInterval(
    () => void locks.take(lock.name, lock.milliseconds).catch(() => {}),
    lock.milliseconds / 4,
  );
  try {
    for (const migration of await missing()) {
      const started = performance.now();
      await migration.up(database);
      await applied.insertOne({ _id: migration.id, at: new Date() });
      log.info({ migration: migration.id, milliseconds: Math.round(performance.now() - started) }, 'store migrated');
    }
  } finally {
    clearInterval(renewal);
    await locks.release(lock.name);
  }
}
