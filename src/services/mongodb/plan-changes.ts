import { isDeepStrictEqual } from 'node:util';
import type { Form } from '../service.js';
import { settingNames } from './settings.js';
import type { Template } from './template.js';

/** What users call the parts of a plan. Images are named without their references: those are the operator's. */
const words: Readonly<Record<keyof Template, { readonly word: string; readonly isHidden?: true }>> = {
  topology: { word: 'the topology' },
  members: { word: 'the number of members' },
  version: { word: 'the MongoDB version' },
  image: { word: 'the MongoDB image', isHidden: true },
  readinessImage: { word: 'the image of the readiness probe', isHidden: true },
  cpu: { word: 'the CPU' },
  memory: { word: 'the memory' },
  memoryRequest: { word: 'the requested memory' },
  storage: { word: 'the storage' },
  storageClass: { word: 'the storage class' },
};

/** An update may change parameters; what makes members start anew, or move, is not possible yet. */
export function refuseUpdate(from: Form<Template>, to: Form<Template>): string | undefined {
  const fields = Object.keys(words) as (keyof Template)[];
  const changes = fields
    .filter((field) => !isDeepStrictEqual(from.template[field], to.template[field]))
    .map((field) => describeChange(field, from.template, to.template));
  if (changes.length === 0) return undefined;
  return (
    `the update would change ${listOf(changes)}, which is not possible yet; ` +
    `what can be updated are the parameters ${listOf(settingNames)}, with the plan as it is`
  );
}

function describeChange(field: keyof Template, from: Template, to: Template): string {
  const { word, isHidden } = words[field];
  if (isHidden) return word;
  const [before, after] = [from[field], to[field]].map((value) => value ?? "the cluster's default");
  return `${word} from ${before} to ${after}`;
}

function listOf(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${last}` : last;
}
