import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { command, tryCommand } from '../command.js';
import { readJson, writeWhole } from '../files.js';
import { type ClusterPaths, layout } from './layout.js';

/** What the kubelet and we set in the kernel; `down` gives back what was there. */
const sysctls = [
  'net/ipv4/ip_forward',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];

export async function ensureNetwork(paths: ClusterPaths): Promise<void> {
  rememberSysctls(paths);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  await ensureBridge();
  await ensureRefusal();
  await ensureForwarding();
}

/**
 * Who asks for a pod that is gone is told so at once. By the default route its packets would leave this machine, where
 * somebody else might answer, or nobody.
 */
async function ensureRefusal(): Promise<void> {
  await command('ip', ['route', 'replace', 'unreachable', layout.pods]);
}

/** A bridge without ports carries the node's address: not every kernel has a `dummy` device. */
async function ensureBridge(): Promise<void> {
  const addresses = networkInterfaces()[layout.bridge]?.map(({ address }) => address) ?? [];
  if (addresses.includes(layout.nodeIp)) return;
  if (!existsSync(`/sys/class/net/${layout.bridge}`)) {
    await command('ip', ['link', 'add', layout.bridge, 'type', 'bridge']);
  }
  await command('ip', ['address', 'replace', `${layout.nodeIp}/32`, 'dev', layout.bridge]);
  await command('ip', ['link', 'set', layout.bridge, 'up']);
}

/** Lets packets of pods pass, whatever the machine's own rules say about forwarding, and hides pods behind the node. */
async function ensureForwarding(): Promise<void> {
  const { code } = await tryCommand('iptables', ['-t', 'nat', '-C', 'POSTROUTING', '-j', 'HOLDFAST-POSTROUTING']);
  if (code === 0) return;
  const rules = [
    '*filter',
    ':HOLDFAST-FORWARD - [0:0]',
    `-A HOLDFAST-FORWARD -s ${layout.pods} -j ACCEPT`,
    `-A HOLDFAST-FORWARD -d ${layout.pods} -j ACCEPT`,
    '-A FORWARD -j HOLDFAST-FORWARD',
    'COMMIT',
    '*nat',
    ':HOLDFAST-POSTROUTING - [0:0]',
    `-A HOLDFAST-POSTROUTING -s ${layout.pods} ! -d ${layout.pods} -j MASQUERADE`,
    '-A POSTROUTING -j HOLDFAST-POSTROUTING',
    'COMMIT',
    '',
  ];
  await command('iptables-restore', ['--noflush', '--wait'], { input: rules.join('\n') });
}

/** The links of pods, from the routes to their addresses. */
export function podLinks(routes: string): string[] {
  return [...routes.matchAll(/^\S+ dev (veth\S+)/gm)].flatMap((match) => match[1] ?? []);
}

/** Pods' links go with their pods, but the kernel takes its time. What refuses the others goes last. */
export async function removeLinks(): Promise<void> {
  const { output } = await tryCommand('ip', ['route', 'show', 'root', layout.pods]);
  await Promise.all([...podLinks(output), layout.bridge].map((link) => tryCommand('ip', ['link', 'delete', link])));
  await tryCommand('ip', ['route', 'delete', 'unreachable', layout.pods]);
}

function rememberSysctls(paths: ClusterPaths): void {
  if (existsSync(paths.sysctls)) return;
  const values = sysctls
    .filter((name) => existsSync(`/proc/sys/${name}`))
    .map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8').trim()]);
  writeWhole(paths.sysctls, JSON.stringify(Object.fromEntries(values)));
}

export function restoreSysctls(paths: ClusterPaths): void {
  const values = (readJson(paths.sysctls) ?? {}) as Record<string, unknown>;
  for (const name of sysctls) {
    const value = values[name];
    if (typeof value === 'string') writeFileSync(`/proc/sys/${name}`, value);
  }
}
