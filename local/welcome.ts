import type { LocalEnvironment } from './environment.js';

const service = '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01';
const plan = '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e12';

/** What a person needs to get a first database: where, as whom, and the lines to paste. */
export function welcome(
  url: string,
  basicAuth: string | undefined,
  local: Pick<LocalEnvironment, 'adminKubeconfig'>,
): string {
  const first = basicAuth?.split(',')[0];
  const user = first?.slice(0, first.indexOf(':')) ?? 'USER';
  const password = first?.slice(first.indexOf(':') + 1) ?? 'PASSWORD';
  const curl = `curl -s -u '${user}:${password}' -H 'X-Broker-API-Version: 2.17'`;
  const json = "-H 'Content-Type: application/json'";
  const instance = `${url}/v2/service_instances/my-database`;
  const ids = { service_id: service, plan_id: plan };
  const provision = JSON.stringify({ ...ids, organization_guid: 'my-organization', space_guid: 'my-space' });
  return [
    '',
    `Holdfast runs at ${url}`,
    first ? `  user ${user}, password ${password}` : '  users and passwords as in HOLDFAST_BASIC_AUTH_FILE',
    ...(local.adminKubeconfig ? [`  its cluster: export KUBECONFIG=${local.adminKubeconfig}`] : []),
    '',
    'See what there is:',
    `  ${curl} ${url}/v2/catalog`,
    'Get a replica set, and see how far it is:',
    `  ${curl} ${json} -X PUT '${instance}?accepts_incomplete=true' -d '${provision}'`,
    `  ${curl} ${instance}/last_operation`,
    'Get credentials for it:',
    `  ${curl} ${json} -X PUT '${instance}/service_bindings/my-app?accepts_incomplete=true' -d '${JSON.stringify(ids)}'`,
    '',
  ].join('\n');
}
