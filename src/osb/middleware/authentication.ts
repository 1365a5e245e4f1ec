import type { RequestHandler } from 'express';
import { withRequestLogFields } from '../../observability/request-log.js';
import { EdgeRefusal } from '../errors.js';
import type { Platforms } from '../platforms.js';
import { remember } from '../request-context.js';

/** OSB › Platform to Service Broker Authentication: basic; the user's name is the platform's identity. */
export function authentication(platforms: Platforms): RequestHandler {
  return (request, response, next) => {
    const credentials = parseBasic(request.get('authorization'));
    const platform = credentials && platforms.identify(credentials.user, credentials.password);
    if (platform === undefined) {
      response.set('WWW-Authenticate', 'Basic realm="Holdfast", charset="UTF-8"');
      throw new EdgeRefusal('unauthenticated', 'The platform must authenticate with valid basic credentials.');
    }
    remember(request, { platform });
    withRequestLogFields(response, { platform }, next);
  };
}

/** RFC 7617 */
function parseBasic(header: string | undefined): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/_=-]+) *$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
