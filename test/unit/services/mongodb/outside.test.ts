import type { V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { foundOf, outsideHosts } from '../../../../src/services/mongodb/outside/hosts.js';
import { isPending, outsidePort } from '../../../../src/services/mongodb/outside/services.js';
import { exposedShape, shape } from './examples.js';

/** As the cluster answers. */
const nodePort: V1Service = { spec: { type: 'NodePort', ports: [{ port: 27017, nodePort: 31234 }] } };
const balancer = (...ingress: object[]): V1Service => ({
  // A cloud's balancer may go by a node port itself.
  spec: { type: 'LoadBalancer', ports: [{ port: 27017, nodePort: 31234 }] },
  status: { loadBalancer: ingress.length > 0 ? { ingress } : {} },
});

describe('a Service that leads to a server from outside', () => {
  it.each<[string, V1Service, boolean, number]>([
    ['a node port', nodePort, false, 31234],
    ['a load balancer that is still to come', balancer(), true, 27017],
    ['a load balancer with an address', balancer({ ip: '192.0.2.1' }), false, 27017],
    ['a load balancer with a name', balancer({ hostname: 'a.elb.example.com' }), false, 27017],
  ])('%s', (_, service, pending, port) => {
    expect([isPending(service), outsidePort(service)]).toEqual([pending, port]);
  });

  it('has a port, or is not what was asked for', () => {
    expect(() => outsidePort({ spec: { type: 'NodePort', ports: [{ port: 27017 }] } })).toThrow('no node port');
  });
});

describe('the hosts outside', () => {
  it('are those whose ports were found', () => {
    expect(outsideHosts(exposedShape(), undefined)).toEqual([]);
    expect(outsideHosts(exposedShape(), foundOf({ 'rs0-1': 31001, 'rs0-7': 31007 }))).toEqual([
      'rs0-1.m-abcdefghij0123456789.db.example.com:31001',
    ]);
  });

  it('are none without an exposure', () => {
    expect(outsideHosts(shape, foundOf({ 'rs0-1': 31001 }))).toEqual([]);
  });
});
