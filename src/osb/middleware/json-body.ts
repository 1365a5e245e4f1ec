import { json, type RequestHandler } from 'express';
import { EdgeRefusal } from '../errors.js';

const limitBytes = 1024 * 1024;

/** -0 does not survive being stored, and would make the same request another one when it is sent again. */
const reviver = (_name: string, value: unknown): unknown => (Object.is(value, -0) ? 0 : value);
const read = json({ limit: limitBytes, type: () => true, reviver });

/** OSB › Content Type: JSON, also where no type is said. Only verbs that have a body are asked for one. */
export const jsonBody: RequestHandler = (request, response, next) => {
  if (request.method !== 'PUT' && request.method !== 'PATCH') return next();
  const type = request.get('content-type');
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new EdgeRefusal('malformed', `Content-Type is ${JSON.stringify(type)}: it must be application/json.`);
  }
  // What the parser says may quote the body, which may hold secrets: it is not passed on.
  read(request, response, (error?: unknown) => next(error === undefined ? undefined : refusal(error)));
};

function refusal(error: unknown): unknown {
  const { type, status } = error as { readonly type?: string; readonly status?: number };
  if (type === 'entity.too.large') {
    return new EdgeRefusal('too-large', `The body has more than ${limitBytes} bytes.`);
  }
  if (status === undefined || status >= 500) return error;
  return new EdgeRefusal('malformed', 'The body cannot be read as JSON.');
}
