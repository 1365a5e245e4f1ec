import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldersOf } from '../../../local/folders.js';
import { findGo } from '../../../local/go.js';
import { helmProgram } from '../../../local/helm.js';
import { withLock } from '../../../local/lock.js';
import { writeSchemas } from '../../chart/schemas.js';

/** Helm, and the schemas of what the chart is made of; no cluster. */
export default async function setup(): Promise<() => void> {
  const folders = foldersOf(process.env);
  const schemas = mkdtempSync(join(tmpdir(), 'holdfast-schemas-'));
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  process.env.TEST_HELM = await withLock(say, () => helmProgram(folders, process.env));
  await writeSchemas(schemas, findGo(process.env), folders.repository);
  process.env.TEST_SCHEMAS = schemas;
  return () => rmSync(schemas, { recursive: true });
}
