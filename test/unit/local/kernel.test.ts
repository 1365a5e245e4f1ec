import { describe, expect, it } from 'vitest';
import { hierarchies } from '../../../local/cluster/cgroups.js';
import { removal } from '../../../local/cluster/iptables.js';
import { podLinks } from '../../../local/cluster/network.js';
import { mountsBelow } from '../../../local/mounts.js';
import { listeningInodes } from '../../../local/ports.js';

describe('the removal of our chains', () => {
  it('takes out ours with what leads to them, and leaves the rest', () => {
    const saved = [
      '# Generated',
      '*nat',
      ':POSTROUTING ACCEPT [3:180]',
      ':DOCKER - [0:0]',
      ':KUBE-SERVICES - [0:0]',
      ':HOLDFAST-POSTROUTING - [0:0]',
      '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-SERVICES',
      '-A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE',
      '-A POSTROUTING -j HOLDFAST-POSTROUTING',
      '-A KUBE-SERVICES -d 10.96.0.1/32 -j ACCEPT',
      '-A DOCKER -i docker0 -j RETURN',
      'COMMIT',
      '',
    ];
    expect(removal(saved.join('\n')).split('\n')).toEqual([
      '*nat',
      ':KUBE-SERVICES - [0:0]',
      ':HOLDFAST-POSTROUTING - [0:0]',
      '-D POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-SERVICES',
      '-D POSTROUTING -j HOLDFAST-POSTROUTING',
      '-X KUBE-SERVICES',
      '-X HOLDFAST-POSTROUTING',
      'COMMIT',
      '',
    ]);
  });
});

it('finds mounts below folders, the innermost first, and not those of folders that only begin alike', () => {
  const line = (point: string) => `1 2 0:3 / ${point} rw - tmpfs tmpfs rw`;
  const mountinfo = ['/', '/run/holdfast', '/run/holdfast/a\\040b', '/run/holdfast-other', '/state/x'].map(line);
  expect(mountsBelow(mountinfo.join('\n'), ['/run/holdfast', '/state'])).toEqual([
    '/run/holdfast/a b',
    '/run/holdfast',
    '/state/x',
  ]);
});

it.each([
  ['v1 beside v2', ['cgroup /sys/fs/cgroup/cpu', 'cgroup2 /sys/fs/cgroup/unified'], [false, true]],
  ['v2 alone', ['cgroup2 /sys/fs/cgroup'], [true]],
])('finds the hierarchies of cgroups: %s', (_, mounts, unified) => {
  const lines = mounts.map((mount) => {
    const [type, point] = mount.split(' ');
    return `31 24 0:28 / ${point} rw,relatime shared:9 - ${type} none rw`;
  });
  const found = hierarchies(['27 1 254:0 / / rw - ext4 /dev/root rw', ...lines].join('\n'));
  expect(found.map(({ isUnified }) => isUnified)).toEqual(unified);
});

it('finds who listens on a port, and not who is connected to it', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:53C3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 0100007F:53C3 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1',
    '   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1',
  ];
  expect(listeningInodes(table.join('\n'), 0x53c3)).toEqual(['111']);
});

it('finds the links of pods in the routes to them, and no others', () => {
  const routes = '10.244.0.5 dev vethab12 scope host \n10.244.0.6 dev vethcd34 scope host \n10.244.1.0/24 dev eth1\n';
  expect(podLinks(routes)).toEqual(['vethab12', 'vethcd34']);
});
