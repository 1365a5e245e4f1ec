import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { type Document, MongoClient } from 'mongodb';
import { lastLines } from '../../local/command.js';
import { foldersOf } from '../../local/folders.js';
import { mongodbRoot } from '../../local/images/mongodb-root.js';
import { onRootFileSystem } from '../../local/store.js';
import { eventually } from './eventually.js';
import { closedPort } from './tcp-relay.js';

const replicaSet = 'own';
const startMilliseconds = 30_000;

/** A store of the test's own: a replica set of one mongod, whose data outlives the process. */
export class StoreProcess {
  #child: ChildProcess | undefined;
  readonly #endWithUs = () => this.#child?.kill('SIGKILL');

  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly port: number,
    private readonly more: readonly string[],
  ) {
    process.once('exit', this.#endWithUs);
  }

  /**
   * @param folder where its data is to be: empty, and removed by whoever made it
   * @param more arguments of its mongod
   */
  static async start(folder: string, more: readonly string[] = []): Promise<StoreProcess> {
    const { root } = await mongodbRoot(foldersOf(process.env), () => {});
    const store = new StoreProcess(root, folder, await closedPort(), more);
    store.#spawn();
    await store.#untilSo((hello) => hello.isreplicaset === true);
    const members = [{ _id: 0, host: store.#address }];
    const settings = { electionTimeoutMillis: 1_000 };
    await store.#ask({ replSetInitiate: { _id: replicaSet, members, settings } });
    await store.#untilSo((hello) => hello.isWritablePrimary === true);
    return store;
  }

  get url(): string {
    return `mongodb://${this.#address}/holdfast?replicaSet=${replicaSet}`;
  }

  get pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }

  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** As a power cut does, but for what the operating system still writes. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child && !this.hasEnded) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    this.#child = undefined;
  }

  /** Takes writes when this returns. */
  async restart(): Promise<void> {
    await this.kill();
    this.#spawn();
    await this.#untilSo((hello) => hello.isWritablePrimary === true);
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#log, { force: true });
    process.off('exit', this.#endWithUs);
  }

  get #log(): string {
    return `${this.folder}.log`;
  }

  get #address(): string {
    return `127.0.0.1:${this.port}`;
  }

  #spawn(): void {
    const { program, args } = onRootFileSystem(this.root, 'usr/bin/mongod');
    const settings = ['--dbpath', this.folder, '--bind_ip', '127.0.0.1', '--port', String(this.port)];
    const small = ['--nounixsocket', '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
    const quiet = ['--setParameter', 'diagnosticDataCollectionEnabled=false'];
    const output = openSync(this.#log, 'a');
    this.#child = spawn(program, [...args, ...settings, '--replSet', replicaSet, ...small, ...quiet, ...this.more], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
  }

  async #untilSo(isSo: (hello: Document) => boolean): Promise<void> {
    try {
      await eventually(async () => isSo(await this.#ask({ hello: 1 }).catch(() => ({}))), startMilliseconds);
    } catch (error) {
      throw new Error(`the test's own store does not start: ${lastLines(this.#log, 2)}`, { cause: error });
    }
  }

  /** A client of its own each time: none remembers what the server was before. */
  async #ask(command: Document): Promise<Document> {
    const client = new MongoClient(`mongodb://${this.#address}/?directConnection=true`, {
      serverSelectionTimeoutMS: 2_000,
    });
    try {
      return await client.db('admin').command(command);
    } finally {
      await client.close();
    }
  }
}
