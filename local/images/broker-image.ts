import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cached, forgetOld } from '../cache.js';
import { command, loggedCommand, tryCommand } from '../command.js';
import type { Folders } from '../folders.js';
import { hashOf, hashOfFolder } from '../hash.js';
import { type Image, imageOf } from './import.js';
import { nodeImageRecipe } from './node-root.js';

export const brokerRepository = 'localhost/holdfast/broker';
const dependenciesImage = 'localhost/holdfast/broker-dependencies:latest';

/** What the Dockerfile copies: .dockerignore lets nothing else in. */
const folders = ['catalog', 'migrations', 'src'];
const files = [
  'Dockerfile',
  '.dockerignore',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'LICENSE',
  'local/bundle.mjs',
  'local/dependencies.mjs',
  'local/preparation.mjs',
];

/** Builds the broker's image by its Dockerfile, once for each state of what that copies, which is its tag. */
export async function buildBrokerImage(where: Folders, environment: NodeJS.ProcessEnv): Promise<Image> {
  const { repository, cache, state, run } = where;
  const base = await imageOf(where, nodeImageRecipe(where));
  const sources = [
    ...files.map((file) => readFileSync(join(repository, file), 'base64')),
    ...folders.map((folder) => hashOfFolder(join(repository, folder))),
  ];
  const tag = hashOf(base.digest, sources);
  const name = `${brokerRepository}:${tag}`;
  const folder = join(cache, `image-broker-${tag}`);
  const archive = join(folder, 'image.tar');
  const made = await cached(folder, async (temporary) => {
    mkdirSync(temporary, { recursive: true });
    const buildah = ['--root', join(cache, 'buildah'), '--runroot', join(run, 'buildah')];
    // What npm needs here to reach its registry, it needs there.
    const secrets = { npmrc: join(homedir(), '.npmrc'), authorities: environment.NODE_EXTRA_CA_CERTS ?? '' };
    const given = Object.entries(secrets).filter(([, file]) => existsSync(file));
    const options = given.flatMap(([id, file]) => ['--secret', `id=${id},src=${file}`]);
    const build = ['bud', '--isolation', 'chroot', '--layers', '--format', 'docker', ...options];
    const argument = ['--build-arg', `BASE_IMAGE=oci-archive:${base.archive}`, repository];
    const log = join(state, 'log', 'image-broker.log');
    const make = (...how: readonly string[]) =>
      loggedCommand('building the image', log, 'buildah', [...buildah, ...build, ...how, ...argument]);
    // By its name, the dependencies' stage stays for the next build.
    await make('--target', 'dependencies', '--tag', dependenciesImage);
    await make('--tag', name);
    const target = `oci-archive:${join(temporary, 'image.tar')}:${name}`;
    const push = ['push', '--digestfile', join(temporary, 'digest'), name, target];
    await command('buildah', [...buildah, ...push]);
    await removeOthers(buildah, name);
  });
  if (made) forgetOld(folder, 'image-broker-');
  return { name, digest: readFileSync(join(folder, 'digest'), 'utf8').trim(), archive, made };
}

/** Of former states; the layers that this one is made of stay. */
async function removeOthers(buildah: readonly string[], name: string): Promise<void> {
  const listing = await command('buildah', [...buildah, 'images', '--format', '{{.Name}}:{{.Tag}}']);
  const others = listing.split('\n').filter((each) => each.startsWith(`${brokerRepository}:`) && each !== name);
  if (others.length > 0) await tryCommand('buildah', [...buildah, 'rmi', ...others]);
  await tryCommand('buildah', [...buildah, 'rmi', '--prune']);
}
