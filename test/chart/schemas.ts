import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { command } from '../../local/command.js';
import { type Definitions, type Schema, strict, strictDefinitions } from './strict-schema.js';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Extension {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const definitionsFile = 'definitions.json';
/** Which of them a schema stands for, as kubeconform is told by `schemaLocation`: what has no group is in its version's. */
const fileOf = ({ group, version, kind }: Kind): string =>
  `${[kind, group || version, version].join('_').toLowerCase()}.json`;
export const schemaLocation = '{{.ResourceKind}}_{{.Group}}_{{.ResourceAPIVersion}}.json';

/** Writes the schemas of Kubernetes, Prometheus' operator and OpenShift, all of them from Go modules, to a folder. */
export async function writeSchemas(folder: string, go: string, repository: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const kubernetes = await moduleFolder(go, join(repository, 'local', 'kubernetes'), 'k8s.io/kubernetes');
  writeBuiltIn(folder, readFileSync(join(kubernetes, 'api', 'openapi-spec', 'swagger.json'), 'utf8'));
  const ours = join(repository, 'test', 'chart');
  const operator = await moduleFolder(go, ours, 'github.com/prometheus-operator/prometheus-operator');
  const openShift = await moduleFolder(go, ours, 'github.com/openshift/api');
  const definitions = join(operator, 'example', 'prometheus-operator-crd');
  for (const name of readdirSync(definitions)) writeExtension(folder, readFileSync(join(definitions, name), 'utf8'));
  writeExtension(folder, readFileSync(join(openShift, 'route', 'v1', 'route.crd.yaml'), 'utf8'));
}

/** Of the version that the go.mod in `folder` names. */
async function moduleFolder(go: string, folder: string, module: string): Promise<string> {
  const told = JSON.parse(await command(go, ['mod', 'download', '-json', module], { folder }));
  return String(told.Dir);
}

function writeBuiltIn(folder: string, text: string): void {
  const { definitions } = JSON.parse(text) as { readonly definitions: Definitions };
  writeFileSync(join(folder, definitionsFile), JSON.stringify({ definitions: strictDefinitions(definitions) }));
  for (const [name, schema] of Object.entries(definitions)) {
    for (const kind of (schema['x-kubernetes-group-version-kind'] ?? []) as readonly Kind[]) {
      const reference = { $ref: `${definitionsFile}#/definitions/${name}` };
      writeFileSync(join(folder, fileOf(kind)), JSON.stringify(reference));
    }
  }
}

function writeExtension(folder: string, text: string): void {
  const { spec } = parse(text) as Extension;
  for (const { name: version, schema } of spec.versions) {
    const kind = { group: spec.group, version, kind: spec.names.kind };
    writeFileSync(join(folder, fileOf(kind)), JSON.stringify(strict(schema.openAPIV3Schema)));
  }
}
