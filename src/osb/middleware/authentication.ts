import type { Request, RequestHandler, Response } from 'express';
import type { Authenticator, Presented } from '../../authentication/authenticator.js';
import type { Identity, Right } from '../../authentication/identity.js';
import type { RequestRate } from '../../authentication/request-rate.js';
import { Refusal } from '../../brokering/refusal.js';
import { noteInRequestLog, withRequestLogFields } from '../../observability/request-log.js';
import { EdgeRefusal } from '../errors.js';
import { remember } from '../request-context.js';

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly rate: RequestRate;
  /** What whoever asks needs. */
  readonly right: Right;
  /** The common name of the client's valid certificate. */
  readonly certificateOf: (request: Request) => string | undefined;
}

/** Who asks (401), whether they may (403), and whether they ask too often (429). */
export function authentication(options: AuthenticationOptions): RequestHandler {
  return async (request, response, next) => {
    const identity = await identify(options, request, response);
    if (!identity.rights.has(options.right)) throw forbidden(identity, options.right);
    const { platform, credential } = identity;
    const retryAfterSeconds = options.rate.take(platform);
    if (retryAfterSeconds !== undefined) {
      response.set('Retry-After', String(retryAfterSeconds));
      throw new EdgeRefusal('too-many-requests', `${platform} sends too many requests: send fewer in a second.`);
    }
    remember(request, { platform, credential });
    withRequestLogFields(response, { platform, credential }, next);
  };
}

async function identify(
  { authenticator, certificateOf }: AuthenticationOptions,
  request: Request,
  response: Response,
): Promise<Identity> {
  const authorization = request.get('authorization');
  const certificate = certificateOf(request);
  const presented: Presented = {
    address: request.ip ?? '',
    ...(authorization !== undefined && { authorization }),
    ...(certificate !== undefined && { certificate }),
  };
  const found = await authenticator.authenticate(presented);
  switch (found.kind) {
    case 'known':
      return found.identity;
    case 'undecided':
      throw new Refusal('unavailable', found.reason, { cause: found.cause });
    case 'slowed':
      response.set('Retry-After', String(found.retryAfterSeconds));
      throw new EdgeRefusal(
        'too-many-requests',
        `Too many requests failed to authenticate: correct the credentials, and try again in ${found.retryAfterSeconds} s.`,
      );
    case 'unknown':
      noteInRequestLog(response, { refused: found.reason });
      response.set('WWW-Authenticate', authenticator.schemes.map(challenge));
      throw new EdgeRefusal(
        'unauthenticated',
        'The platform must authenticate with valid credentials: correct the user and password, or the token.',
      );
  }
}

const challenge = (scheme: 'Basic' | 'Bearer'): string =>
  scheme === 'Basic' ? 'Basic realm="Holdfast", charset="UTF-8"' : 'Bearer realm="Holdfast"';

const nameOf: Readonly<Record<Right, string>> = {
  platform: 'the Open Service Broker API',
  operator: "the operators' API",
};

const forbidden = ({ platform }: Identity, right: Right): EdgeRefusal =>
  new EdgeRefusal(
    'forbidden',
    `${platform} may not use ${nameOf[right]}: use credentials that have the right "${right}", or give them that right in the access file.`,
  );
