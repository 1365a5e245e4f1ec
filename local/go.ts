import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { command, loggedCommand } from './command.js';
import { LocalError } from './local-error.js';

const oldest = [1, 24] as const;

/** Finds Go, also where its installer puts it without changing PATH. */
export function findGo(environment: NodeJS.ProcessEnv): string {
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/local/go/bin', '/usr/lib/go/bin'];
  const go = folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
  if (go) return go;
  throw new LocalError(
    `Go ${oldest.join('.')} or newer is needed once, to build Kubernetes: install it (to /usr/local/go or on PATH) and start again, ` +
      'or set KUBECONFIG to use a cluster of yours',
  );
}

/** The version in what `go version` prints, as numbers. */
export function parseGoVersion(text: string): [number, number] | undefined {
  const match = /\bgo(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export interface GoBuild {
  readonly what: string;
  readonly log: string;
  /** The folder of go.mod. */
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly flags?: string;
}

/** Builds a static program. */
export async function goBuild(environment: NodeJS.ProcessEnv, build: GoBuild): Promise<void> {
  const go = findGo(environment);
  const version = parseGoVersion(await command(go, ['version']));
  if (!version || version[0] < oldest[0] || (version[0] === oldest[0] && version[1] < oldest[1])) {
    throw new LocalError(`${go} is older than Go ${oldest.join('.')}: install a newer one and start again`);
  }
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w ${build.flags ?? ''}`];
  await loggedCommand(`go build of ${build.what}`, build.log, go, [...args, '-o', build.output, build.package], {
    environment: { ...environment, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    folder: build.module,
  });
}
