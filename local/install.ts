import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type Chart, localValues, prepareChart } from './chart.js';
import { runCli, say } from './cli.js';
import { Api } from './cluster/api.js';
import { credentialsOf } from './cluster/kubeconfigs.js';
import { clusterPaths } from './cluster/layout.js';
import { up } from './environment.js';
import { type Folders, foldersOf } from './folders.js';
import { LocalError } from './local-error.js';
import { welcome } from './welcome.js';

const name = 'holdfast';

/**
 * `npm run local:install [-- --namespace NAME]`: builds the image, installs the chart into the embedded cluster with a
 * store and a Redis for a trial, and says how to go on.
 */
await runCli(async () => {
  if (process.env.KUBECONFIG) {
    throw new LocalError(
      'this installs into the embedded cluster, and KUBECONFIG names another: unset it, or use helm (docs/install.md)',
    );
  }
  const { namespace } = parseArgs({ options: { namespace: { type: 'string', default: name } } }).values;
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  const local = await up(process.env, tell);
  const folders = foldersOf(process.env);
  say(await install(await prepareChart(folders, process.env, tell), folders, namespace));
  const { url, basicAuth } = await installed(folders, namespace);
  say(welcome(url, basicAuth, local));
});

async function install({ helm, folder, tag }: Chart, { repository }: Folders, namespace: string): Promise<string> {
  const own = localValues(tag);
  const catalog = readFileSync(join(repository, 'local', 'catalog.yaml'), 'utf8').replace(
    /^extends: .*$/m,
    'extends: ../default.yaml',
  );
  const values = { ...own, trial: { ...own.trial, enabled: true }, catalog };
  const arguments_ = ['upgrade', '--install', name, folder, '--namespace', namespace, '--create-namespace'];
  try {
    return await helm(stringify(values), ...arguments_, '--values', '-', '--wait', '--timeout', '3m');
  } catch (error) {
    throw new LocalError(`${(error as Error).message}; what its pods say: kubectl -n ${namespace} describe pods`);
  }
}

/** Where the broker is reached from this machine, and as whom. */
async function installed(
  folders: Folders,
  namespace: string,
): Promise<{ readonly url: string; readonly basicAuth: string }> {
  const api = new Api(credentialsOf(clusterPaths(folders), 'admin'));
  try {
    const read = async (path: string) => JSON.parse((await api.get(`/api/v1/namespaces/${namespace}/${path}`)) ?? '{}');
    const { spec } = (await read(`services/${name}`)) as { spec?: { clusterIP?: string } };
    const { data } = (await read(`secrets/${name}-trial`)) as { data?: { basicAuth?: string } };
    if (!spec?.clusterIP || !data?.basicAuth)
      throw new LocalError(`the chart left no Service or no Secret in ${namespace}`);
    return { url: `http://${spec.clusterIP}`, basicAuth: Buffer.from(data.basicAuth, 'base64').toString() };
  } finally {
    api.close();
  }
}
