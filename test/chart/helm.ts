import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { tryCommand } from '../../local/command.js';
import { repository } from '../support/compiled.js';
import { required } from '../support/scratch.js';

const chart = join(repository, 'deploy', 'helm', 'holdfast');

export interface Outcome {
  readonly succeeded: boolean;
  readonly output: string;
  readonly errors: string;
}

/** Helm on the chart, without a cluster. */
async function helm(values: object, folder: string, ...args: readonly string[]): Promise<Outcome> {
  const state = mkdtempSync(join(tmpdir(), 'holdfast-helm-'));
  try {
    const [command = '', ...more] = args;
    const given = command === 'lint' ? [folder] : ['holdfast', folder, '--namespace', 'holdfast'];
    const environment = { PATH: process.env.PATH, HOME: state, KUBECONFIG: join(state, 'none') };
    const options = { environment, input: stringify(values) };
    const run = await tryCommand(required('TEST_HELM'), [command, ...given, '--values', '-', ...more], options);
    return { succeeded: run.code === 0, output: run.output, errors: run.errors };
  } finally {
    rmSync(state, { recursive: true });
  }
}

export const lint = (values: object): Promise<Outcome> => helm(values, chart, 'lint', '--strict');

export const template = (values: object, ...more: readonly string[]): Promise<Outcome> =>
  helm(values, chart, 'template', ...more);

/** What an installation ends with: as a template that Helm shows, since it asks a cluster before it tells notes. */
export async function notes(values: object): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-chart-'));
  try {
    cpSync(chart, folder, { recursive: true });
    const [text, shown] = ['NOTES.txt', 'shown.yaml'].map((name) => join(folder, 'templates', name)) as [
      string,
      string,
    ];
    renameSync(text, shown);
    writeFileSync(
      shown,
      `{{- define "notes" }}${readFileSync(shown, 'utf8')}{{ end }}notes: {{ include "notes" . | quote }}\n`,
    );
    const { output, errors } = await helm(values, folder, 'template', '--show-only', 'templates/shown.yaml');
    return JSON.parse(/^notes: (".*")$/m.exec(output)?.[1] ?? JSON.stringify(errors)) as string;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
