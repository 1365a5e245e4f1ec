import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brokerUser } from '../../local/cluster/certificates.js';

/** A broker as a process beside the cluster, or one that the chart installed. */
const isBroker = (user: string) => user === brokerUser || /^system:serviceaccount:[^:]+:holdfast$/.test(user);

/** A request of a broker's, as the API server writes it down (audit.k8s.io/v1), with what it is good for here. */
export interface Asked {
  readonly at: Date;
  readonly verb: string;
  readonly uri: string;
  readonly group: string;
  /** With its subresource, such as `pods/portforward`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly code: number;
  /** Whether RBAC let it pass. */
  readonly isAllowed: boolean;
}

interface Line {
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Everything that was asked for since then, from the file that is written and the older ones beside it. */
export function readAuditLog(file: string, since: Date): readonly Asked[] {
  const folder = dirname(file);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .flatMap((line) => parse(line) ?? [])
    .filter(({ at }) => at >= since)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The line that is being written may be cut off. */
function parse(line: string): Asked | undefined {
  if (!line.startsWith('{') || !line.endsWith('}')) return undefined;
  const {
    user,
    requestReceivedTimestamp,
    verb,
    requestURI,
    objectRef = {},
    responseStatus,
    annotations,
  }: Line = JSON.parse(line);
  if (!isBroker(user.username)) return undefined;
  const { apiGroup = '', resource = '', subresource, namespace } = objectRef;
  return {
    at: new Date(requestReceivedTimestamp),
    verb,
    uri: requestURI,
    group: apiGroup,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace,
    code: responseStatus?.code ?? 0,
    isAllowed: annotations?.['authorization.k8s.io/decision'] === 'allow',
  };
}
