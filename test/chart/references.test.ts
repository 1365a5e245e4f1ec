import type { V1Container, V1PodTemplateSpec } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../src/kubernetes/cluster.js';
import { template } from './helm.js';
import { valueFiles, valuesOf } from './values.js';

/* What no schema sees: that manifests find each other. */

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}

interface Spec {
  readonly selector?: Selector | Labels;
  readonly podSelector?: Selector;
  readonly template?: V1PodTemplateSpec;
  readonly ports?: readonly { readonly targetPort?: string }[];
}

const specOf = (manifest: Manifest) => (manifest as Manifest & { readonly spec?: Spec }).spec ?? {};

/** What a manifest selects pods by; a Service of plain labels. */
function selectorOf(manifest: Manifest): Selector | undefined {
  const { selector, podSelector } = specOf(manifest);
  if (manifest.kind === 'Service') return { matchLabels: selector as Labels };
  return podSelector ?? (selector as Selector | undefined);
}

const isSelected = (labels: Labels, { matchLabels = {}, matchExpressions = [] }: Selector) =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''));

const selecting = ['Deployment', 'StatefulSet', 'Service', 'PodDisruptionBudget', 'NetworkPolicy'];

describe.each(valueFiles)('with the values of %s', async (file) => {
  const { output } = await template(valuesOf(file));
  const manifests: readonly Manifest[] = parseAllDocuments(output).flatMap((document) => document.toJS() ?? []);
  const pods = manifests.flatMap((each) => specOf(each).template ?? []);
  const selectedBy = (manifest: Manifest) =>
    pods.filter(({ metadata }) => isSelected(metadata?.labels ?? {}, selectorOf(manifest) ?? {}));

  it('whatever selects pods finds some, and a Service its ports there', () => {
    for (const manifest of manifests.filter(({ kind }) => selecting.includes(kind))) {
      const selected = selectedBy(manifest);
      const name = `${manifest.kind} ${manifest.metadata?.name}`;
      expect(selected.length, name).toBeGreaterThan(0);
      for (const { targetPort } of specOf(manifest).ports ?? []) {
        if (targetPort === undefined) continue;
        const known = selected.map(({ spec }) =>
          spec?.containers.flatMap(({ ports = [] }) => ports.map((p) => p.name)),
        );
        for (const each of known) expect(each, name).toContain(targetPort);
      }
    }
  });

  it('a Deployment selects the pods of no other', () => {
    for (const manifest of manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')) {
      expect(selectedBy(manifest)).toEqual([specOf(manifest).template]);
    }
  });

  it('each volume that is mounted is there, and the other way round', () => {
    for (const { spec } of pods) {
      const containers: readonly V1Container[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
      const mounted = new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
      const own = (spec?.volumes ?? []).map(({ name }) => name);
      const claimed = [...mounted].filter((name) => !own.includes(name));
      expect(own.filter((name) => !mounted.has(name))).toEqual([]);
      // Of a StatefulSet's claim.
      expect(claimed.filter((name) => name !== 'data')).toEqual([]);
    }
  });

  it('no pod may do more than it needs', () => {
    for (const { spec } of pods) {
      expect(spec?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
      }
    }
  });
});
