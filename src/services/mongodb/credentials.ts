import type { Binding, Instance, JsonObject } from '../service.js';
import { accessOf } from './access.js';
import { bindingName } from './names.js';
import { outsideHosts } from './outside/hosts.js';
import { type BindingSecrets, type InstanceSecrets, trustedAuthorities } from './secrets.js';
import { hostsOf, type Shape } from './shape.js';

type Known = Pick<Instance<never, InstanceSecrets>, 'secrets' | 'found'>;

/** What an app gets. `type` and `provider` make a Secret of it one of servicebinding.io. */
export function credentials(shape: Shape, { secrets, found }: Known, binding: Binding<BindingSecrets>): JsonObject {
  const { database } = accessOf(binding.parameters, shape.instance.id);
  const inside = hostsOf(shape);
  const outside = outsideHosts(shape, found);
  const hosts = shape.outside && !isInside(binding) ? outside : inside;
  const replicaSet = shape.topology === 'replica-set' ? shape.set.name : undefined;
  const username = bindingName(binding.id);
  const { password } = binding.secrets;
  const uriTo = (hosts: readonly string[]) => uriOf({ username, password, hosts, database, replicaSet });
  const [first] = hosts.map(endpointOf);
  return {
    type: 'mongodb',
    provider: 'holdfast',
    uri: uriTo(hosts),
    ...(shape.outside && { inside_uri: uriTo(inside), outside_uri: uriTo(outside) }),
    hosts,
    host: first?.host ?? '',
    port: Number(first?.ports[0]),
    username,
    password,
    database,
    ...(replicaSet !== undefined && { replica_set: replicaSet }),
    auth_source: 'admin',
    tls: true,
    ca_certificate: trustedAuthorities(secrets),
  };
}

/** All of them, as OSB demands of who tells any: for apps in the cluster, and outside of it. */
export function endpoints(shape: Shape, { found }: Pick<Known, 'found'>) {
  return [...hostsOf(shape), ...outsideHosts(shape, found)].map(endpointOf);
}

function endpointOf(address: string) {
  const [host = '', port = ''] = address.split(':');
  return { host, ports: [port] };
}

/** Kubernetes platforms name the app's namespace; the apps of others run anywhere. */
const isInside = ({ context }: Binding<BindingSecrets>): boolean =>
  context.platform === 'kubernetes' || typeof context.namespace === 'string';

interface Target {
  readonly username: string;
  readonly password: string;
  readonly hosts: readonly string[];
  readonly database: string;
  /** Of routers there is none. */
  readonly replicaSet: string | undefined;
}

/** https://www.mongodb.com/docs/manual/reference/connection-string/ */
function uriOf({ username, password, hosts, database, replicaSet }: Target): string {
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const options = new URLSearchParams({
    ...(replicaSet !== undefined && { replicaSet }),
    authSource: 'admin',
    tls: 'true',
    retryWrites: 'true',
    w: 'majority',
  });
  return `mongodb://${user}@${hosts.join(',')}/${encodeURIComponent(database)}?${options}`;
}
