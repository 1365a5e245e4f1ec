import type { Request } from 'express';
import { z } from 'zod';
import { EdgeRefusal } from '../osb/errors.js';
import type { AuditFilter, InstanceFilter, OperationFilter, Place } from '../store/operators.repository.js';
import { placeOf } from './cursor.js';

const mostOfAPage = 500;
const usualPage = 100;

export const phases = ['creating', 'ready', 'updating', 'failed', 'deleting', 'deleted'] as const;
const endStates = ['succeeded', 'failed', 'superseded'] as const;
const activeStates = ['queued', 'running'] as const;
export const states = ['active', ...activeStates, ...endStates] as const;

const text = z.string('must be given once').min(1, 'must not be empty').optional();
const limit = z
  .string('must be given once')
  .regex(/^\d{1,4}$/, `must be a whole number from 1 to ${mostOfAPage}`)
  .transform(Number)
  .pipe(z.number().min(1, `must be at least 1`).max(mostOfAPage, `must be at most ${mostOfAPage}`))
  .default(usualPage);
const place = z
  .string('must be given once')
  .transform((cursor, context) => {
    const found = placeOf(cursor);
    if (found === undefined) context.addIssue({ code: 'custom', message: 'must be the "next" of the page before' });
    return found ?? z.NEVER;
  })
  .optional();

const instancesQuery = z.strictObject({
  platform: text,
  phase: z.enum(phases, `must be one of ${phases.join(', ')}`).optional(),
  plan_id: text,
  after: text,
  limit,
});
const operationsQuery = z.strictObject({
  state: z.enum(states, `must be one of ${states.join(', ')}`).optional(),
  instance: text,
  after: place,
  limit,
});
const auditQuery = z.strictObject({ platform: text, instance_id: text, after: place, limit });

/** One page of what a filter lets through. */
export interface Page<Wanted, After> {
  readonly filter: Wanted;
  readonly after: After | undefined;
  readonly limit: number;
}

export function instancesPage(http: Request): Page<InstanceFilter, string> {
  const { platform, phase, plan_id: planId, after, limit } = parse(instancesQuery, http);
  return { filter: { platform, phase, planId }, after, limit };
}

export function operationsPage(http: Request): Page<OperationFilter, Place> {
  const { state, instance, after, limit } = parse(operationsQuery, http);
  const wanted = state === 'active' ? activeStates : state && [state];
  return { filter: { states: wanted, instance }, after, limit };
}

export function auditPage(http: Request): Page<AuditFilter, Place> {
  const { platform, instance_id: instanceId, after, limit } = parse(auditQuery, http);
  return { filter: { platform, instanceId }, after, limit };
}

function parse<Schema extends z.ZodType>(schema: Schema, http: Request): z.infer<Schema> {
  const result = schema.safeParse({ ...http.query });
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')} is no parameter of this request`
      : `${issue.path.join('.')} ${issue.message}`,
  );
  throw new EdgeRefusal('malformed', `${reasons.join('; ')}.`);
}
