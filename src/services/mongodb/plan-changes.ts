import { isDeepStrictEqual } from 'node:util';
import type { Form } from '../service.js';
import { settingNames } from './settings.js';
import { sizeNames, sizeOf } from './sharded-cluster/size.js';
import type { Template } from './template.js';

interface Word {
  readonly word: string;
  /** What it is, is the operator's, or too long. */
  readonly isHidden?: true;
}

type FieldOf<Kind> = Kind extends Template ? keyof Kind : never;

/** What users call the parts of a plan. Images are named without their references. */
const words: Readonly<Record<FieldOf<Template>, Word>> = {
  topology: { word: 'the topology' },
  shards: { word: 'the number of shards' },
  members: { word: 'the number of members' },
  version: { word: 'the MongoDB version' },
  image: { word: 'the MongoDB image', isHidden: true },
  readinessImage: { word: 'the image of the readiness probe', isHidden: true },
  cpu: { word: 'the CPU' },
  memory: { word: 'the memory' },
  memoryRequest: { word: 'the requested memory' },
  storage: { word: 'the storage' },
  storageClass: { word: 'the storage class' },
  outside: { word: 'the exposure', isHidden: true },
  configServers: { word: 'the config servers', isHidden: true },
  routers: { word: 'the routers', isHidden: true },
  most: { word: 'the greatest numbers', isHidden: true },
};

/** An update may change parameters; what makes members start anew, or move, is not possible yet. */
export function refuseUpdate(from: Form<Template>, to: Form<Template>): string | undefined {
  const changes = (Object.keys(words) as FieldOf<Template>[])
    .map((field) => describeChange(field, from.template, to.template))
    .filter((change) => change !== undefined);
  if (changes.length === 0) return refuseDrain(from, to);
  return (
    `the update would change ${listOf(changes)}, which is not possible yet; ` +
    `what can be updated are the parameters ${listOf(updatable(to.template))}, with the plan as it is`
  );
}

/** Before 8.0 MongoDB can move a database only while nobody writes to it. */
function refuseDrain(from: Form<Template>, to: Form<Template>): string | undefined {
  if (from.template.topology !== 'sharded-cluster' || to.template.topology !== 'sharded-cluster') return undefined;
  const [before, after] = [sizeOf(from.template, from.parameters), sizeOf(to.template, to.parameters)];
  const { version } = to.template;
  if (after.shards >= before.shards || to.parameters.allow_write_pause === true) return undefined;
  if (Number(version.split('.')[0]) >= 8) return undefined;
  return (
    `with fewer shards, databases may have to move to other shards, and MongoDB ${version} cannot move a database that is ` +
    'written to; allow the writes of apps to be refused meanwhile with the parameter allow_write_pause: true'
  );
}

function updatable({ topology }: Template): readonly string[] {
  return topology === 'sharded-cluster' ? [...sizeNames, ...settingNames] : settingNames;
}

function describeChange(field: FieldOf<Template>, from: Template, to: Template): string | undefined {
  const [before, after] = [from, to].map((template) => (template as Partial<Record<string, unknown>>)[field]);
  if (isDeepStrictEqual(before, after)) return undefined;
  const { word, isHidden } = words[field];
  return isHidden ? word : `${word} from ${nameOf(field, before)} to ${nameOf(field, after)}`;
}

const nameOf = (field: string, value: unknown) =>
  value === undefined ? (field === 'storageClass' ? "the cluster's default" : 'none') : String(value);

function listOf(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${last}` : last;
}
