import type { UnopenedInstance } from '../service.js';
import type { Template } from './template.js';

/**
 * Labels have values that platforms can select by. Nothing that a client connects with: platforms show it to people who
 * may see no credentials.
 */
export function metadata({ template }: Pick<UnopenedInstance<Template>, 'template'>) {
  const { topology, version, members, memory, storage } = template;
  return { labels: { topology }, attributes: { version, members: String(members), memory, storage } };
}
