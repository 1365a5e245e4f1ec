// Makes a few files of each program, its libraries included: Node takes seconds to load them from thousands. It runs
// when the code has been compiled, and does nothing where nothing has changed since.
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const compiled = join(repository, 'dist');
const bundle = join(compiled, 'bundle');
/** The image is made without the tests'. */
const programs = [
  'src/main',
  'src/health-check',
  'src/initiate-store',
  'src/rotate-keys',
  'src/verify-audit',
  'test/support/stub-main',
].filter((program) => existsSync(join(compiled, `${program}.js`)));
const sources = ['src', 'migrations', 'test/support'].map((folder) => join(compiled, folder)).filter(existsSync);

/** What a library can use, and this program does not have. */
const absent = /^(@nestjs\/(microservices|websockets)|class-(validator|transformer)|@fastify\/static)(\/|$)/;
/** What finds its own files from where it lies. */
const apart = /^(bcrypt|swagger-ui-dist)(\/|$)/;

const newest = Math.max(
  changeOf(join(repository, 'package-lock.json')),
  changeOf(fileURLToPath(import.meta.url)),
  ...sources.map(newestChange),
);
if (newest > Math.min(...programs.map((program) => changeOf(bundled(program))))) await write();

async function write() {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    cwd: repository,
    input: programs.map((program) => join(compiled, `${program}.js`)),
    platform: 'node',
    external: [absent, apart],
    // Of its thousand classes, the broker uses the one that reads a kubeconfig; it does not say that loading them does nothing.
    treeshake: { moduleSideEffects: [{ test: /node_modules\/@kubernetes\/client-node\//, sideEffects: false }] },
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
  });
  const { output } = await build.generate({
    format: 'esm',
    comments: false,
    // Nest and the documents name things by their classes.
    keepNames: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
  await build.close();
  mkdirSync(bundle, { recursive: true });
  for (const { fileName, code } of output) replace(join(bundle, fileName), ascii(code));
}

/** Node keeps a file's text with two bytes a character where one of them needs it. */
function ascii(code) {
  if (/\\[^\0-\x7f]/.test(code)) throw new Error('a character that is escaped cannot be written by its number');
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** At once: another process may be about to run it. */
function replace(file, code) {
  const next = `${file}.${process.pid}`;
  writeFileSync(next, code);
  renameSync(next, file);
}

function bundled(program) {
  return join(bundle, `${program.slice(program.lastIndexOf('/') + 1)}.js`);
}

function newestChange(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(...files.filter((file) => file.isFile()).map((file) => changeOf(join(file.parentPath, file.name))));
}

/** Nothing is older than what is not there. */
function changeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
