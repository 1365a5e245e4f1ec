import { z } from 'zod';

/** What a catalog file may hold, after the files it extends were laid under it. Fields unknown here are refused as typos. */

/** https://semver.org, its suggested expression. */
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

const text = z.string().min(1, 'must not be empty');
const flag = z.boolean();
const list = <Item extends z.ZodType>(item: Item) => z.array(item);
const short = text.max(255, 'must have at most 255 characters');
const name = short.regex(/^[a-z0-9-]+$/, 'must be made of a-z, 0-9 and -');
const id = short;
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const wholeSeconds = 'must be a whole number of seconds greater than 0';

/** Names as the OSB profile has them (Service Metadata). */
const offeringMetadata = z.strictObject({
  displayName: text.optional(),
  imageUrl: text.optional(),
  longDescription: text.optional(),
  providerDisplayName: text.optional(),
  documentationUrl: url.optional(),
  supportUrl: url.optional(),
  shareable: flag.optional(),
});

const planMetadata = z.strictObject({
  displayName: text.optional(),
  bullets: list(text).optional(),
  costs: list(
    z.strictObject({
      amount: z.record(z.string(), z.number().min(0, 'must be at least 0'), 'must be a map from currency to number'),
      unit: text,
    }),
  ).optional(),
});

const template = z.record(z.string(), z.unknown());

const plan = z.strictObject({
  name,
  id,
  description: text,
  free: flag,
  bindable: flag.optional(),
  plan_updateable: flag.optional(),
  binding_rotatable: flag.optional(),
  metadata: planMetadata.optional(),
  maintenance_info: z
    .strictObject({
      version: z.string().regex(semanticVersion, 'must be a semantic version, such as 1.0.0'),
      description: text.optional(),
    })
    .optional(),
  maximum_polling_duration: z.int(wholeSeconds).positive(wholeSeconds),
  template: template.optional(),
});

const offering = z.strictObject({
  name,
  id,
  service: text,
  description: text,
  bindable: flag,
  plan_updateable: flag.optional(),
  allow_context_updates: flag.optional(),
  tags: list(text).optional(),
  metadata: offeringMetadata.optional(),
  defaults: template.optional(),
  plans: list(plan).min(1, 'must have at least one plan'),
});

export const catalogFile = z.strictObject({ offerings: list(offering) });

export type CatalogFile = z.infer<typeof catalogFile>;
export type OfferingInFile = z.infer<typeof offering>;
export type PlanInFile = z.infer<typeof plan>;
