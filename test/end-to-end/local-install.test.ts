import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { admin, kinds, never } from '../support/admin-cluster.js';
import { appClient, bind, provision } from '../support/apps.js';
import { BrokerDriver } from '../support/broker-driver.js';
import { canInstall, chart } from '../support/installed-broker.js';

/* `npm run local:install`, as a new user runs it: the image, the chart, and a store and a Redis of the trial's own. */

const namespace = `try-${randomBytes(5).toString('hex')}`;

/** What it prints; it takes what the environment of a new user has. */
async function install(): Promise<string> {
  const { HOLDFAST_STORE_URL, HOLDFAST_REDIS_URL, HOLDFAST_CATALOG, KUBECONFIG, ...environment } = process.env;
  const child = spawn(process.execPath, ['dist/local/install.js', '--namespace', namespace], { env: environment });
  const [printed, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(errors);
  return printed;
}

describe.runIf(canInstall())('npm run local:install', () => {
  afterAll(async () => {
    const { helm } = await chart();
    await helm('', 'uninstall', 'holdfast', '--namespace', namespace, '--ignore-not-found');
    await admin.remove(kinds.namespace, { name: namespace }, never);
  });

  it('gives a broker that makes a replica set, with nothing but what it printed', async () => {
    const printed = await install();
    expect(printed).toContain('This is a trial');
    const [, url = ''] = /^Holdfast runs at (\S+)$/m.exec(printed) ?? [];
    const [, user = '', password = ''] = /^ {2}user (\S+), password (\S+)$/m.exec(printed) ?? [];
    const broker = new BrokerDriver({ url, user, password });
    const sold = await broker.sold('mongodb', 'replica-set-small');
    await provision(broker, 'my-database', sold);
    const client = appClient(await bind(broker, 'my-database', 'my-app', sold));
    await client
      .db()
      .collection('notes')
      .insertOne({ n: 1 }, { writeConcern: { w: 'majority' } });
    await client.close();
    await broker.deprovision('my-database', sold);
    expect(await broker.poll('my-database', { seconds: 90 })).toMatchObject({ state: 'succeeded' });
  });
});
