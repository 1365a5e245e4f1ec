import type { Binding, Instance, JsonObject } from '../service.js';
import { accessOf } from './access.js';
import { bindingName, mongodbPort } from './names.js';
import { memberHost, ordinals, type ReplicaSet } from './replica-set/replica-set.js';
import type { BindingSecrets, InstanceSecrets } from './secrets.js';

/** What an app gets. `type` and `provider` make a Secret of it one of servicebinding.io. */
export function credentials(
  set: ReplicaSet,
  { secrets }: Pick<Instance<never, InstanceSecrets>, 'secrets'>,
  binding: Pick<Binding<BindingSecrets>, 'id' | 'parameters' | 'secrets'>,
): JsonObject {
  const { database } = accessOf(binding.parameters, set.instance.id);
  const hosts = hostsOf(set);
  const username = bindingName(binding.id);
  const { password } = binding.secrets;
  return {
    type: 'mongodb',
    provider: 'holdfast',
    uri: uriOf({ username, password, hosts, database, replicaSet: set.name }),
    hosts,
    host: hosts[0]?.replace(/:\d+$/, '') ?? '',
    port: mongodbPort,
    username,
    password,
    database,
    replica_set: set.name,
    auth_source: 'admin',
    tls: true,
    ca_certificate: secrets.authority.certificate,
  };
}

/** `host:port` of each member. */
export function hostsOf(set: ReplicaSet): readonly string[] {
  return ordinals(set).map((ordinal) => memberHost(set, ordinal));
}

interface Target {
  readonly username: string;
  readonly password: string;
  readonly hosts: readonly string[];
  readonly database: string;
  readonly replicaSet: string;
}

/** https://www.mongodb.com/docs/manual/reference/connection-string/ */
function uriOf({ username, password, hosts, database, replicaSet }: Target): string {
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const options = new URLSearchParams({
    replicaSet,
    authSource: 'admin',
    tls: 'true',
    retryWrites: 'true',
    w: 'majority',
  });
  return `mongodb://${user}@${hosts.join(',')}/${encodeURIComponent(database)}?${options}`;
}
