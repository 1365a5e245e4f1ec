import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src', import.meta.url));

/**
 * The rooms of `src`, and what each may import besides itself and libraries: the arrows of docs/architecture.md.
 * Files beside the rooms put them together, and may import all of them.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  observability: [],
  kubernetes: ['observability', 'side-effects.ts'],
  store: ['observability', 'services/service.ts', 'side-effects.ts', 'start-error.ts'],
  operations: ['store', 'observability', 'side-effects.ts'],
  audit: ['store', 'operations', 'observability'],
  yaml: ['start-error.ts'],
  catalog: ['yaml', 'services/service.ts', 'start-error.ts'],
  services: ['kubernetes', 'operations', 'observability', 'side-effects.ts'],
  brokering: [
    'catalog',
    'observability',
    'operations',
    'store',
    'services/service.ts',
    'side-effects.ts',
    'start-error.ts',
  ],
  authentication: ['yaml', 'observability', 'watched-files.ts'],
  operators: [
    'brokering/refusal.ts',
    'brokering/requests.ts',
    'brokering/rotations.ts',
    'osb/documented.ts',
    'osb/errors.ts',
    'osb/from.ts',
    'osb/request-context.ts',
    'store/operators.repository.ts',
    'store/records.ts',
  ],
  osb: ['authentication', 'brokering', 'catalog', 'services/service.ts', 'observability'],
};

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(source, join(entry.parentPath, entry.name)));

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    join(dirname(file), path.replace(/\.js$/, '.ts')),
  );

const allows = (room: string, imported: string) =>
  [room, ...(arrows[room] ?? [])].some((allowed) => imported === allowed || imported.startsWith(`${allowed}/`));

describe('the rooms of src', () => {
  it('are all known', () => {
    const rooms = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
    expect([...rooms].sort()).toEqual(Object.keys(arrows).sort());
  });

  it.each(Object.keys(arrows))('%s imports only what its arrows allow', (room) => {
    const forbidden = files
      .filter((file) => file.startsWith(`${room}/`))
      .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
      .filter(({ imported }) => !allows(room, imported));
    expect(forbidden).toEqual([]);
  });

  it.each(['operations', 'store'])('%s knows neither HTTP nor Kubernetes nor a service', (room) => {
    const libraries = files
      .filter((file) => file.startsWith(`${room}/`))
      .flatMap((file) => [...readFileSync(join(source, file), 'utf8').matchAll(/from '([^.'][^']*)'/g)])
      .map(([, library = '']) => library);
    expect(libraries.filter((library) => /nestjs|express|kubernetes/.test(library))).toEqual([]);
  });

  it('load the SDK of OpenTelemetry only where traces are asked for', () => {
    const load = files.filter((file) => /@opentelemetry\/(?!api')/.test(readFileSync(join(source, file), 'utf8')));
    expect(load).toEqual(['observability/tracing-sdk.ts']);
    const importing = files.filter((file) => /from '[^']*tracing-sdk/.test(readFileSync(join(source, file), 'utf8')));
    expect(importing).toEqual([]);
  });
});
