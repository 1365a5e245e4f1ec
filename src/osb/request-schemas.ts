import { z } from 'zod';
import type { JsonObject } from '../services/service.js';

/* What platforms send, as the specification's body tables have it. Fields unknown here are ignored. */

const text = z.string('must be a non-empty string').min(1, 'must be a non-empty string');
const serviceId = text.describe('Id of the offering');
const planId = text.describe('Id of the plan');

/** Platforms write `null` as well as nothing for what they leave out. */
const object = (description: string) =>
  z
    .record(z.string(), z.unknown(), 'must be an object')
    .describe(description)
    .transform((value) => value as JsonObject)
    .nullish();

const context = object('What the platform says of where the instance or the app lives');

const maintenanceInfo = z.object({ version: z.string('must be a string').nullish() }, 'must be an object');

export const provisionBody = z.object({
  service_id: serviceId,
  plan_id: planId,
  organization_guid: text.describe("The platform's organization"),
  space_guid: text.describe("The platform's space"),
  context,
  parameters: object("As the plan's `schemas.service_instance.create` allows"),
  maintenance_info: maintenanceInfo.nullish().describe("Where given, its version must be the catalog's"),
});

export const updateBody = z.object({
  service_id: serviceId,
  plan_id: planId.nullish().describe('Id of the plan that the instance is to have; without it, the plan stays'),
  context,
  parameters: object("As the plan's `schemas.service_instance.update` allows; laid over those that there are"),
  maintenance_info: maintenanceInfo.nullish().describe("Where given, its version must be the catalog's"),
  previous_values: z.unknown().optional().describe('What the platform thinks that was; for information only'),
});

export const bindBody = z.object({
  service_id: serviceId,
  plan_id: planId,
  app_guid: z.string('must be a string').nullish().describe('Deprecated for `bind_resource.app_guid`'),
  bind_resource: object('What is bound, such as `app_guid`'),
  context,
  parameters: object("As the plan's `schemas.service_binding.create` allows"),
});

/** OSB › Binding Rotation */
export const rotateBody = z.object({
  predecessor_binding_id: text.describe('Id of the binding whose parameters the new one gets'),
});

export const bindOrRotateBody = z.union([bindBody, rotateBody]);

/** Of DELETE requests. */
export const soldQuery = z.object({ service_id: serviceId, plan_id: planId });
