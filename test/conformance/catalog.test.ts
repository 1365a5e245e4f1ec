import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { catalogAnswer } from '../../src/osb/answer-schemas.js';
import { usePlatform } from './stub-platform.js';

const platform = usePlatform();
const offeringAt = async (version: string) => (await platform.as({ version }).catalog().expect(200)).body.services[0];

describe('OSB › Catalog Management', () => {
  test('C1: 200 with the services', async () => {
    const { body } = await platform
      .catalog()
      .expect(200)
      .expect('Content-Type', /^application\/json/);
    expect(catalogAnswer.parse(body)).toEqual(body);
    expect(body.services).toHaveLength(1);
  });

  test('C2: the ETag, or the time, of a catalog that is known: 304', async () => {
    const { headers } = await platform.catalog().expect(200);
    const etag = String(headers.etag);
    await platform.catalog({ 'If-None-Match': etag }).expect(304);
    await platform.catalog({ 'If-None-Match': `"other", W/${etag}` }).expect(304);
    await platform.catalog({ 'If-None-Match': '"other"' }).expect(200);
    await platform.catalog({ 'If-Modified-Since': String(headers['last-modified']) }).expect(304);
    await platform.catalog({ 'If-Modified-Since': new Date(0).toUTCString() }).expect(200);
  });

  test('C2: each API version has an ETag of its own, from 2.16 on', async () => {
    const tags = ['2.15', '2.16', '2.17'].map((version) => platform.as({ version }).catalog().expect(200));
    const [none, older, newer] = (await Promise.all(tags)).map(({ headers }) => headers.etag);
    expect(none).toBeUndefined();
    expect(older).not.toBe(newer);
    await platform
      .as({ version: '2.15' })
      .catalog({ 'If-None-Match': String(newer) })
      .expect(200);
  });

  test('C3: ids stay, in every query and every version, and are unique', async () => {
    const idsAt = async (version: string) => {
      const offering = await offeringAt(version);
      return [offering.id, ...offering.plans.map(({ id }: { readonly id: string }) => id)];
    };
    const ids = await idsAt('2.17');
    expect(new Set(ids).size).toBe(5);
    for (const version of ['2.13', '2.15', '2.17', '2.99']) expect(await idsAt(version)).toEqual(ids);
  });

  test('C4: the fields of an offering', async () => {
    const { plans, ...offering } = await offeringAt('2.17');
    expect(offering).toEqual({
      name: expect.stringMatching(/^[a-z0-9-]+$/),
      id: platform.sold.service_id,
      description: 'Builds nothing',
      tags: [],
      bindable: true,
      instances_retrievable: true,
      bindings_retrievable: true,
      plan_updateable: true,
      allow_context_updates: true,
    });
    expect(plans.length).toBeGreaterThan(0);
  });

  test('C5: the fields of a plan; its own word comes before that of the offering', async () => {
    const [small, large, hasty] = (await offeringAt('2.17')).plans;
    expect(small).toEqual({
      id: platform.sold.plan_id,
      name: 'small',
      description: 'A small nothing',
      free: true,
      bindable: true,
      plan_updateable: true,
      binding_rotatable: true,
      schemas: expect.any(Object),
      maximum_polling_duration: 600,
      maintenance_info: { version: '1.0.0' },
    });
    expect(large).toMatchObject({ plan_updateable: false, binding_rotatable: false });
    expect(hasty).toMatchObject({ bindable: false });
  });

  test('C6: the schemas of parameters are such, without references, and small', async () => {
    for (const { schemas } of (await offeringAt('2.17')).plans) {
      const { service_instance: instance, service_binding: binding } = schemas;
      for (const { parameters } of [instance.create, instance.update, binding.create]) {
        expect(parameters.$schema).toMatch(/^http:\/\/json-schema.org\/draft-07/);
        expect(parameters.additionalProperties).toBe(false);
        expect(JSON.stringify(parameters)).not.toContain('$ref');
        expect(JSON.stringify(parameters).length).toBeLessThan(64 * 1024);
        expect(() => new Ajv().compile(parameters)).not.toThrow();
      }
    }
  });

  test('C7: maintenance_info.version is a semantic version', async () => {
    const versions = (await offeringAt('2.17')).plans.map(
      (plan: { readonly maintenance_info?: { readonly version: string } }) => plan.maintenance_info?.version,
    );
    expect(versions).toEqual(['1.0.0', '2.0.0', undefined, undefined]);
  });
});

describe('OSB › Catalog Management: nothing newer is told to an older platform', () => {
  const offeringFields = ['bindable', 'description', 'id', 'name', 'plan_updateable', 'plans', 'tags'];
  const planFields = ['bindable', 'description', 'free', 'id', 'name', 'schemas'];
  const retrievable = ['bindings_retrievable', 'instances_retrievable'];
  const since15 = ['maintenance_info', 'maximum_polling_duration', 'plan_updateable'];
  test.each([
    ['2.13', offeringFields, planFields],
    ['2.14', [...offeringFields, ...retrievable], planFields],
    ['2.15', [...offeringFields, ...retrievable, 'allow_context_updates'], [...planFields, ...since15]],
    ['2.16', [...offeringFields, ...retrievable, 'allow_context_updates'], [...planFields, ...since15]],
    [
      '2.17',
      [...offeringFields, ...retrievable, 'allow_context_updates'],
      [...planFields, ...since15, 'binding_rotatable'],
    ],
  ])('C4, C5: the fields at %s', async (version, expectedOffering, expectedPlan) => {
    const offering = await offeringAt(version);
    expect(Object.keys(offering).sort()).toEqual([...expectedOffering].sort());
    expect(Object.keys(offering.plans[0]).sort()).toEqual([...expectedPlan].sort());
  });
});
