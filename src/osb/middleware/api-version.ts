import type { RequestHandler } from 'express';
import { EdgeRefusal } from '../errors.js';
import { remember } from '../request-context.js';
import { parseApiVersion, spokenVersions } from '../versions.js';

/** OSB › API Version Header */
export const apiVersion: RequestHandler = (request, _response, next) => {
  const header = request.get('x-broker-api-version');
  const version = header === undefined ? undefined : parseApiVersion(header);
  if (version === undefined) {
    const sent = header === undefined ? 'is missing' : `${JSON.stringify(header)} is not supported`;
    throw new EdgeRefusal('unsupported-version', `X-Broker-API-Version ${sent}: send one of ${spokenVersions}.`);
  }
  remember(request, { apiVersion: version });
  next();
};
