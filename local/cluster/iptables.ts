import { tryCommand } from '../command.js';

const isOurs = (chain: string) => /^(KUBE|CNI|HOLDFAST)-/.test(chain);

/**
 * What `iptables-restore --noflush` must be told to take our chains (and kube-proxy's, the kubelet's) out of what
 * `iptables-save` printed, and to leave everything else as it is.
 */
export function removal(saved: string): string {
  const script: string[] = [];
  let chains: string[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) {
      script.push(line);
      chains = [];
    } else if (line.startsWith(':')) {
      const chain = line.slice(1).split(' ')[0] ?? '';
      // Naming a chain empties it.
      if (isOurs(chain)) {
        chains.push(chain);
        script.push(`:${chain} - [0:0]`);
      }
    } else if (line.startsWith('-A ')) {
      const [, chain, ...rest] = line.split(' ');
      const target = rest[rest.findIndex((word) => word === '-j' || word === '-g') + 1] ?? '';
      if (chain && !isOurs(chain) && isOurs(target)) script.push(`-D ${line.slice(3)}`);
    } else if (line === 'COMMIT') {
      script.push(...chains.map((chain) => `-X ${chain}`), line);
    }
  }
  return `${script.join('\n')}\n`;
}

/** Sets can go only when no rule names them. */
export async function removeSets(): Promise<void> {
  const { output } = await tryCommand('ipset', ['list', '-name']);
  const names = output.split('\n').filter((name) => name.startsWith('holdfast-'));
  if (names.length === 0) return;
  await tryCommand('ipset', ['restore'], { input: names.map((name) => `destroy ${name}\n`).join('') });
}

export async function removeChains(): Promise<void> {
  for (const family of ['iptables', 'ip6tables']) {
    const saved = await tryCommand(`${family}-save`, []);
    if (saved.code !== 0 || !/^:(KUBE|CNI|HOLDFAST)-/m.test(saved.output)) continue;
    await tryCommand(`${family}-restore`, ['--noflush', '--wait'], { input: removal(saved.output) });
  }
}
