import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loggedCommand, tryCommand } from './command.js';
import type { Folders } from './folders.js';
import { LocalError } from './local-error.js';

/** A program of the distribution that is needed, and the Debian package that brings it. */
export interface Needed {
  readonly file: string;
  readonly package: string;
  /** What the package would start by itself at the next boot. */
  readonly unit?: string;
}

export const needed = {
  cluster: [
    { file: '/usr/bin/containerd', package: 'containerd', unit: 'containerd.service' },
    { file: '/usr/sbin/runc', package: 'runc' },
    { file: '/usr/lib/cni/ptp', package: 'containernetworking-plugins' },
    { file: '/usr/sbin/iptables', package: 'iptables' },
    { file: '/usr/sbin/conntrack', package: 'conntrack' },
    { file: '/usr/sbin/ipset', package: 'ipset' },
    { file: '/usr/sbin/ip', package: 'iproute2' },
    { file: '/usr/bin/mount', package: 'mount' },
  ],
  redis: [{ file: '/usr/bin/redis-server', package: 'redis-server', unit: 'redis-server.service' }],
  rootFileSystem: [
    { file: '/usr/sbin/debootstrap', package: 'debootstrap' },
    { file: '/usr/share/keyrings/debian-archive-keyring.gpg', package: 'debian-archive-keyring' },
    { file: '/usr/bin/python3', package: 'python3' },
    { file: '/usr/lib/python3/dist-packages/pip', package: 'python3-pip' },
  ],
  brokerImage: [{ file: '/usr/bin/buildah', package: 'buildah' }],
  // Another clock for a process; the tests' set-up installs it.
  tests: [{ file: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', package: 'libfaketime' }],
} as const satisfies Record<string, readonly Needed[]>;

export function missing(list: readonly Needed[], exists: (file: string) => boolean = existsSync): Needed[] {
  return list.filter(({ file }) => !exists(file));
}

/** Installs what is missing, without letting any of it start a service. */
export async function ensurePackages(folders: Folders, list: readonly Needed[]): Promise<string> {
  const lacking = missing(list);
  if (lacking.length === 0) return 'all there';
  const names = lacking.map((each) => each.package);
  if (!existsSync('/usr/bin/apt-get')) {
    throw new LocalError(`these packages are missing, and there is no apt-get to install them: ${names.join(', ')}`);
  }
  const log = join(folders.state, 'log', 'packages.log');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await loggedCommand('apt-get update', log, 'apt-get', [...wait, 'update'], { environment });
  await withoutServices(lacking, () =>
    loggedCommand(
      `apt-get install ${names.join(' ')}`,
      log,
      'apt-get',
      [...wait, 'install', '-y', '--no-install-recommends', ...names],
      { environment },
    ),
  );
  return `installed ${names.join(', ')}`;
}

async function withoutServices(lacking: readonly Needed[], install: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
  }
  try {
    await install();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
  if (!existsSync('/run/systemd/system')) return;
  const units = lacking.flatMap(({ unit }) => unit ?? []);
  if (units.length > 0) await tryCommand('systemctl', ['disable', ...units]);
}
