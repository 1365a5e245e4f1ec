import { apiVersion, holdfastClient, refused, untilDone } from './client.js';

/*
 * Gets a database and credentials for it, and prints what an app needs:
 *
 *   HOLDFAST_URL=http://127.0.0.1:3000 HOLDFAST_USER=platform HOLDFAST_PASSWORD=… node example.js mongodb developer my-database my-app
 */
const { HOLDFAST_URL: url = '', HOLDFAST_USER: user = '', HOLDFAST_PASSWORD: password = '' } = process.env;
const [offering = 'mongodb', planName = 'developer', instance_id = 'my-database', binding_id = 'my-app'] =
  process.argv.slice(2);
const holdfast = holdfastClient({ url, user, password });
const header = apiVersion;
const query = { accepts_incomplete: 'true' };

const catalog = await holdfast.GET('/v2/catalog', { params: { header } });
if (!catalog.data) throw refused(catalog.response, catalog.error);
const service = catalog.data.services.find(({ name }) => name === offering);
const plan = service?.plans.find(({ name }) => name === planName);
if (!service || !plan) throw new Error(`the catalog has no ${offering}/${planName}`);
const sold = { service_id: service.id, plan_id: plan.id };

const instance = '/v2/service_instances/{instance_id}';
const provisioned = await holdfast.PUT(instance, {
  params: { header, query, path: { instance_id } },
  body: { ...sold, organization_guid: 'example', space_guid: 'example' },
});
if (!provisioned.response.ok) throw refused(provisioned.response, provisioned.error);
await untilDone(() => holdfast.GET(`${instance}/last_operation`, { params: { header, path: { instance_id } } }));

const path = { instance_id, binding_id };
const binding = '/v2/service_instances/{instance_id}/service_bindings/{binding_id}';
const bound = await holdfast.PUT(binding, { params: { header, query, path }, body: sold });
if (!bound.response.ok) throw refused(bound.response, bound.error);
await untilDone(() => holdfast.GET(`${binding}/last_operation`, { params: { header, path } }));

const fetched = await holdfast.GET(binding, { params: { header, path } });
if (!fetched.data) throw refused(fetched.response, fetched.error);
process.stdout.write(`${JSON.stringify(fetched.data.credentials, undefined, 2)}\n`);
