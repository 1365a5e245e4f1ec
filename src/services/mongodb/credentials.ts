import type { Binding, Instance, JsonObject } from '../service.js';
import { accessOf } from './access.js';
import { bindingName, mongodbPort } from './names.js';
import { type BindingSecrets, type InstanceSecrets, trustedAuthorities } from './secrets.js';
import { hostsOf, type Shape } from './shape.js';

/** What an app gets. `type` and `provider` make a Secret of it one of servicebinding.io. */
export function credentials(
  shape: Shape,
  { secrets }: Pick<Instance<never, InstanceSecrets>, 'secrets'>,
  binding: Pick<Binding<BindingSecrets>, 'id' | 'parameters' | 'secrets'>,
): JsonObject {
  const { database } = accessOf(binding.parameters, shape.instance.id);
  const hosts = hostsOf(shape);
  const replicaSet = shape.topology === 'replica-set' ? shape.set.name : undefined;
  const username = bindingName(binding.id);
  const { password } = binding.secrets;
  return {
    type: 'mongodb',
    provider: 'holdfast',
    uri: uriOf({ username, password, hosts, database, replicaSet }),
    hosts,
    host: hosts[0]?.replace(/:\d+$/, '') ?? '',
    port: mongodbPort,
    username,
    password,
    database,
    ...(replicaSet !== undefined && { replica_set: replicaSet }),
    auth_source: 'admin',
    tls: true,
    ca_certificate: trustedAuthorities(secrets),
  };
}

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
