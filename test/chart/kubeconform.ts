import { join } from 'node:path';
import { tryCommand } from '../../local/command.js';
import { findGo } from '../../local/go.js';
import { repository } from '../support/compiled.js';
import { required } from '../support/scratch.js';
import { schemaLocation } from './schemas.js';

export interface Verdict {
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly msg: string;
}

/** What the schemas of the API say to each object. */
export async function conform(manifests: string): Promise<readonly Verdict[]> {
  const schemas = join(required('TEST_SCHEMAS'), schemaLocation);
  const args = ['tool', 'kubeconform', '-strict', '-verbose', '-output', 'json', '-schema-location', schemas];
  const folder = join(repository, 'test', 'chart');
  const { output, errors } = await tryCommand(findGo(process.env), args, { folder, input: manifests });
  if (!output) throw new Error(`kubeconform says nothing: ${errors}`);
  return (JSON.parse(output) as { readonly resources: readonly Verdict[] }).resources;
}
