import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { lint, notes, template } from './helm.js';
import { conform } from './kubeconform.js';
import { valueFiles, valuesOf } from './values.js';

/* The chart without a cluster: by Helm's own rules, and by the schemas of the API that it is installed into. */

const given = valuesOf('secrets-given.yaml');

describe.each(valueFiles)('with the values of %s', (file) => {
  const values = valuesOf(file);

  it('has nothing that Helm warns of', async () => {
    const { succeeded, output, errors } = await lint(values);
    expect({ succeeded, warnings: output.match(/\[(WARNING|ERROR)\].*/g), errors }).toEqual({
      succeeded: true,
      warnings: null,
      errors: '',
    });
  });

  it('makes what the API knows, field by field', async () => {
    const { output, errors } = await template(values);
    expect(errors).toBe('');
    const verdicts = await conform(output);
    expect(verdicts.filter(({ status }) => status !== 'statusValid')).toEqual([]);
    const made = parseAllDocuments(output).filter((document) => document.toJS() !== null);
    expect(verdicts).toHaveLength(made.length);
  });
});

describe('of what there is to choose', () => {
  const always = ['ClusterRoleBinding', 'ConfigMap', 'Deployment', 'Service'];
  const roles = ['ClusterRole', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ServiceAccount'];
  const usual = [...always, ...roles, 'NetworkPolicy', 'PodDisruptionBudget'];
  it.each([
    ['little.yaml', always],
    ['secrets-given.yaml', usual],
    ['trial.yaml', [...usual, 'Secret', 'StatefulSet']],
    ['openshift.yaml', [...usual, 'Route']],
    ['everything.yaml', [...usual, 'Ingress', 'Route', 'ServiceMonitor', 'PrometheusRule']],
  ])('%s makes %j', async (file, kinds) => {
    const { output } = await template(valuesOf(file));
    const made = parseAllDocuments(output).flatMap((document) => document.toJS()?.kind ?? []);
    expect([...new Set(made)].sort()).toEqual([...kinds].sort());
  });
});

describe('the schemas of the API', () => {
  const metadata = { name: 'a' };
  it.each([
    ['an unknown field', { apiVersion: 'v1', kind: 'Service', metadata, spec: { port: [] } }],
    ['a wrong type', { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 'http' }] } }],
    ['a missing field', { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'http' }] } }],
    [
      'an unknown field of a Route',
      { apiVersion: 'route.openshift.io/v1', kind: 'Route', metadata, spec: { hosts: [] } },
    ],
    [
      'an unknown field of a ServiceMonitor',
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'ServiceMonitor',
        metadata,
        spec: { selector: {}, endpoint: [] },
      },
    ],
    [
      'an unknown field of a PrometheusRule',
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata,
        spec: { groups: [{ name: 'a', rule: [] }] },
      },
    ],
  ])('refuse %s', async (_, manifest) => {
    expect(await conform(JSON.stringify(manifest))).toMatchObject([{ status: 'statusInvalid' }]);
  });
});

describe('a mistake in the values is told', () => {
  const secret = (which: string) =>
    `secrets.${which}.name is not set: make the Secret and give its name, or set trial.enabled to true to try Holdfast with a store and a Redis of its own`;
  const without = (which: string): object => ({ secrets: { ...Object(given).secrets, [which]: { name: '' } } });
  it.each<[string, object, string]>([
    ['no secrets', {}, secret('store')],
    ['no store', without('store'), secret('store')],
    ['no Redis', without('redis'), secret('redis')],
    ['no encryption keys', without('encryptionKeys'), secret('encryptionKeys')],
    [
      'no credentials of platforms',
      without('basicAuth'),
      'neither secrets.basicAuth.name nor secrets.access.name is set: make a Secret that says who may ask, and give its name',
    ],
    [
      'a value that there is not',
      { ...given, api: { replica: 3 } },
      "at '/api': additional properties 'replica' not allowed",
    ],
    ['a group that there is not', { ...given, apis: {} }, "at '': additional properties 'apis' not allowed"],
    ['a wrong type', { ...given, worker: { replicas: '2' } }, "at '/worker/replicas': got string, want integer"],
    ['no pods', { ...given, worker: { replicas: 0 } }, "at '/worker/replicas': minimum: got 0, want 1"],
    [
      'a tag as a digest',
      { ...given, image: { digest: '0.1.0' } },
      "at '/image/digest': '0.1.0' does not match pattern",
    ],
    ['an unknown policy', { ...given, image: { pullPolicy: 'Once' } }, "at '/image/pullPolicy': value must be one of"],
    ['a variable in small letters', { ...given, environment: { log: 'info' } }, "'log' does not match pattern"],
    [
      'a variable that the chart sets',
      { ...given, environment: { HOLDFAST_ROLE: 'all' } },
      "invalid propertyName 'HOLDFAST_ROLE'",
    ],
    [
      'an Ingress without a host',
      { ...given, ingress: { enabled: true } },
      'ingress.host is not set: it is the name that platforms reach the broker by',
    ],
    [
      'no account',
      { ...given, serviceAccount: { create: false } },
      'serviceAccount.name is not set: name the account that is there, or leave serviceAccount.create true',
    ],
    [
      'clients’ certificates without TLS',
      { ...given, secrets: { ...Object(given).secrets, clientAuthorities: { name: 'a' } } },
      'secrets.clientAuthorities needs secrets.tls: only a broker that speaks HTTPS asks for certificates',
    ],
  ])('%s', async (_, values, message) => {
    const { succeeded, errors } = await template(values);
    expect(errors).toContain(message);
    expect(succeeded).toBe(false);
  });

  it('a cluster that is too old', async () => {
    const { errors } = await template(given, '--kube-version', '1.29.0');
    expect(errors).toContain('chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.29.0');
  });
});

describe('an installation ends with', () => {
  it.each([
    [
      'trial.yaml',
      /AUTH=\$\(kubectl -n holdfast get secret holdfast-trial .*\n.*curl -s -u "\$AUTH" .* http:\/\/127.0.0.1:3000\/v2\/catalog/,
    ],
    [
      'secrets-given.yaml',
      /port-forward service\/holdfast 3000:http &\n.*curl -s -u USER:PASSWORD .* http:\/\/127.0.0.1:3000\/v2\/catalog/,
    ],
    ['everything.yaml', /curl -s -u USER:PASSWORD .* -k https:\/\/127.0.0.1:3000\/v2\/catalog/],
  ])('the next command, with %s', async (file, command) => {
    expect(await notes(valuesOf(file))).toMatch(command);
  });
});
