import { STATUS_CODES } from 'node:http';
import type { V1Status } from '@kubernetes/client-node';
import { ClusterError } from './cluster.js';
import type { ApiRequest } from './transport.js';

type Asked = Pick<ApiRequest, 'title' | 'secret'>;

/** The API server's answer instead of success, from its HTTP status and body (a Kubernetes Status, if all is well). */
export function refusal(request: Asked, httpStatus: number, body: string): ClusterError {
  const status = parseStatus(body);
  const reason = reasonOf(status) ?? STATUS_CODES[httpStatus] ?? 'Unknown';
  const message = request.secret && mayQuote(httpStatus) ? fieldsOf(status) : (status?.message ?? plainText(body));
  return new ClusterError(
    request.title,
    httpStatus,
    reason,
    message || `the API server answered ${httpStatus} ${reason}`,
  );
}

/** What ended a request without an answer. A `ClusterError` stays as it is. */
export function unreachable(
  request: Asked,
  error: unknown,
  { aborted, timedOut }: { aborted: boolean; timedOut: boolean },
): ClusterError {
  if (error instanceof ClusterError) return error;
  const cause = { cause: error };
  if (aborted) return new ClusterError(request.title, 0, 'Aborted', 'was aborted', cause);
  if (timedOut) return new ClusterError(request.title, 0, 'Timeout', 'the API server did not answer in time', cause);
  const { code, message } = error as NodeJS.ErrnoException;
  return new ClusterError(
    request.title,
    0,
    code ?? 'Unreachable',
    `the API server cannot be reached: ${message}`,
    cause,
  );
}

function parseStatus(body: string): V1Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The kubelet's refusals come as a line of text; the pages of proxies say nothing. */
function plainText(body: string): string {
  return /^\s*[<{["]/.test(body) ? '' : body.trim().slice(0, 300);
}

function reasonOf(status: V1Status | undefined): string | undefined {
  // A plain `Forbidden` by its reason, though waiting for rights does not help here.
  const terminating = status?.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
  return terminating ? 'NamespaceTerminating' : status?.reason;
}

/** Whether the API server had looked into the object when it refused: its message may quote values then. */
function mayQuote(httpStatus: number): boolean {
  return ![401, 403, 404, 409, 429].includes(httpStatus);
}

function fieldsOf(status: V1Status | undefined): string {
  const fields = status?.details?.causes?.flatMap((cause) => cause.field ?? []) ?? [];
  return fields.length > 0 ? `refused because of ${fields.join(', ')}` : '';
}
