import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from '../support/compiled.js';

const folder = join(repository, 'test', 'chart', 'values');

/** Names of the files with what the chart is tried with. */
export const valueFiles = readdirSync(folder);

export const valuesOf = (file: string): object =>
  parse(readFileSync(join(folder, file), 'utf8'), { merge: true }) as object;
