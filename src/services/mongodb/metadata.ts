import type { UnopenedInstance } from '../service.js';
import type { Template } from './template.js';

/**
 * Labels have values that platforms can select by. Nothing that a client connects with: platforms show it to people who
 * may see no credentials. Of a sharded cluster, users change the numbers of shards, members and routers: what they are
 * is in the instance's parameters.
 */
export function metadata({ template }: Pick<UnopenedInstance<Template>, 'template'>) {
  const { topology, version, memory, storage } = template;
  const members = topology === 'replica-set' ? { members: String(template.members) } : {};
  return { labels: { topology }, attributes: { version, ...members, memory, storage } };
}
