import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readAccessFile } from './authentication/access-file.js';
import {
  credentialsInFile,
  credentialsInVariable,
  type PlatformCredential,
} from './authentication/platform-credentials.js';
import { sentinelOptions } from './operations/redis-sentinel.js';
import { type TlsFiles, tlsOptions } from './tls.js';
import {
  domain,
  networks,
  oneOf,
  parsed,
  pemFile,
  text,
  url,
  type VariableKind,
  VariableReader,
  wholeNumber,
} from './variables.js';

export type Role = 'api' | 'worker' | 'all';

export interface EncryptionKey {
  readonly id: string;
  /** 32 bytes, for AES-256. */
  readonly key: Buffer;
}

/** What the environment says. A class, so that it is its own injection token. */
export abstract class Configuration {
  abstract readonly host: string;
  abstract readonly port: number;
  abstract readonly role: Role;
  abstract readonly basicAuth: readonly PlatformCredential[];
  /** Its credentials are valid besides those of `basicAuth`. */
  abstract readonly basicAuthFile?: string;
  /** Which credentials are which platform, with which rights. */
  abstract readonly accessFile?: string;
  /** The listener speaks HTTPS. */
  abstract readonly tls?: TlsFiles;
  /** Whose word on the client's address counts: addresses, networks, or names that Express has for some. */
  abstract readonly trustedProxies: readonly string[];
  /** How many failures to authenticate a minute one address or name may have. */
  abstract readonly mostFailuresPerMinute: number;
  /** How many requests a second one platform may send; 0 for any number. */
  abstract readonly mostRequestsPerSecond: number;
  abstract readonly headersSeconds: number;
  abstract readonly requestSeconds: number;
  abstract readonly keepAliveSeconds: number;
  abstract readonly maximumConnections: number;
  abstract readonly storeUrl: string;
  abstract readonly redisUrl: string;
  abstract readonly catalogFile: string;
  /** The first one encrypts; all of them decrypt. */
  abstract readonly encryptionKeys: readonly EncryptionKey[];
  /** Ids of keys that nothing can bring back: what they encrypted can only be deleted. */
  abstract readonly lostEncryptionKeys: readonly string[];
  abstract readonly logLevel: LogLevel;
  abstract readonly maximumConcurrentProvisions: number;
  abstract readonly workerConcurrency: number;
  abstract readonly clusterDomain: string;
  /** How members of a replica set are reached: by their names in the cluster, or through the API server. */
  abstract readonly memberAccess: 'direct' | 'tunnel';
  /** How long last_operation answers `succeeded` after a DELETE, before it answers 410. */
  abstract readonly deletedGraceSeconds: number;
  /** How long what no instance owns stays in the cluster before it is removed; 0 for ever. */
  abstract readonly orphanGraceSeconds: number;
  /** How long a bind or an unbind waits within the request to be done. */
  abstract readonly synchronousSeconds: number;
  /** How long a broker that is to stop goes on serving, so that whoever balances requests notices. */
  abstract readonly drainSeconds: number;
  /** When new bindings expire; 0 for never. */
  abstract readonly bindingLifetimeSeconds: number;
  /** How long the certificates of an instance's servers are valid; they are renewed long before. */
  abstract readonly certificateDays: number;
  /** What the process does is traced: the environment names a collector, by OpenTelemetry's own variables. */
  abstract readonly traces: boolean;
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
const collectors = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** @throws ConfigurationError */
export function loadConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const read = new VariableReader(environment);
  const role = read.optional('HOLDFAST_ROLE', oneOf(['api', 'worker', 'all']), 'all');
  const basicAuth = read.optional('HOLDFAST_BASIC_AUTH', platformCredentials, []);
  const basicAuthFile = read.optional('HOLDFAST_BASIC_AUTH_FILE', credentialsFile, undefined);
  const accessFile = read.file('HOLDFAST_ACCESS_FILE', readAccessFile);
  const names = ['HOLDFAST_BASIC_AUTH', 'HOLDFAST_BASIC_AUTH_FILE', 'HOLDFAST_ACCESS_FILE'];
  if (role !== 'worker' && !names.some((name) => read.isSet(name))) {
    read.refuse(
      `HOLDFAST_BASIC_AUTH is not set: set it to ${platformCredentials.mayHold}, HOLDFAST_BASIC_AUTH_FILE to ${credentialsFile.mayHold}, or HOLDFAST_ACCESS_FILE to the path of an access file`,
    );
  }
  const tls = readTls(read);
  const configuration = {
    host: read.optional('HOLDFAST_HOST', text('a host name or an address to listen on'), '127.0.0.1'),
    port: read.optional('HOLDFAST_PORT', wholeNumber(0, 65_535), 3000),
    role,
    basicAuth,
    ...(basicAuthFile === undefined ? {} : { basicAuthFile }),
    ...(accessFile === undefined ? {} : { accessFile }),
    ...(tls === undefined ? {} : { tls }),
    trustedProxies: read.optional('HOLDFAST_TRUSTED_PROXIES', networks, []),
    mostFailuresPerMinute: read.optional('HOLDFAST_AUTHENTICATION_FAILURES_PER_MINUTE', wholeNumber(1, 1_000_000), 30),
    mostRequestsPerSecond: read.optional('HOLDFAST_RATE_LIMIT_PER_SECOND', wholeNumber(0, 1_000_000), 2_000),
    headersSeconds: read.optional('HOLDFAST_HEADERS_SECONDS', wholeNumber(1, 3_600), 10),
    requestSeconds: read.optional('HOLDFAST_REQUEST_SECONDS', wholeNumber(1, 3_600), 30),
    keepAliveSeconds: read.optional('HOLDFAST_KEEP_ALIVE_SECONDS', wholeNumber(1, 3_600), 5),
    maximumConnections: read.optional('HOLDFAST_MAXIMUM_CONNECTIONS', wholeNumber(1, 1_000_000), 10_000),
    ...storeVariables(read),
    redisUrl: read.required('HOLDFAST_REDIS_URL', redisUrl),
    catalogFile: read.optional('HOLDFAST_CATALOG', text('the path of a catalog file'), defaultCatalogFile()),
    logLevel: read.optional('HOLDFAST_LOG_LEVEL', oneOf(logLevels), 'info'),
    maximumConcurrentProvisions: read.optional('HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS', wholeNumber(1, 10_000), 10),
    workerConcurrency: read.optional('HOLDFAST_WORKER_CONCURRENCY', wholeNumber(1, 10_000), 50),
    clusterDomain: read.optional('HOLDFAST_CLUSTER_DOMAIN', domain, 'cluster.local'),
    memberAccess: read.optional(
      'HOLDFAST_MEMBER_ACCESS',
      oneOf(['direct', 'tunnel']),
      isInCluster(environment) ? 'direct' : 'tunnel',
    ),
    deletedGraceSeconds: read.optional('HOLDFAST_DELETED_GRACE_SECONDS', wholeNumber(0, 365 * 24 * 3600), 3600),
    orphanGraceSeconds: read.optional('HOLDFAST_ORPHAN_GRACE_SECONDS', wholeNumber(0, 365 * 24 * 3600), 24 * 3600),
    // Platforms end a request after a minute, typically.
    synchronousSeconds: read.optional('HOLDFAST_SYNCHRONOUS_SECONDS', wholeNumber(0, 50), 5),
    drainSeconds: read.optional('HOLDFAST_DRAIN_SECONDS', wholeNumber(0, 300), 5),
    bindingLifetimeSeconds: read.optional('HOLDFAST_BINDING_LIFETIME_SECONDS', wholeNumber(0, 10 * 365 * 24 * 3600), 0),
    certificateDays: read.optional('HOLDFAST_CERTIFICATE_DAYS', wholeNumber(1, 825), 90),
    traces: collectors.map((name) => read.optional(name, url(['http', 'https']), undefined)).some(Boolean),
  };
  return read.finish(configuration);
}

/** What the commands need that work on the store alone. */
export type StoreConfiguration = Pick<Configuration, 'storeUrl' | 'encryptionKeys' | 'lostEncryptionKeys'>;

/** @throws ConfigurationError */
export function loadStoreConfiguration(environment: NodeJS.ProcessEnv): StoreConfiguration {
  const read = new VariableReader(environment);
  return read.finish(storeVariables(read));
}

function storeVariables(read: VariableReader): StoreConfiguration {
  return {
    storeUrl: read.required('HOLDFAST_STORE_URL', url(['mongodb', 'mongodb+srv'])),
    encryptionKeys: read.required('HOLDFAST_ENCRYPTION_KEYS', encryptionKeys),
    lostEncryptionKeys: read.optional('HOLDFAST_LOST_ENCRYPTION_KEYS', keyIds, []),
  };
}

/** All of it is there, and fits together, or none of it is. */
function readTls(read: VariableReader): TlsFiles | undefined {
  const names = ['HOLDFAST_TLS_CERTIFICATE_FILE', 'HOLDFAST_TLS_KEY_FILE', 'HOLDFAST_TLS_CLIENT_CA_FILE'] as const;
  if (!names.some((name) => read.isSet(name))) return undefined;
  const [certificateFile, keyFile] = [read.required(names[0], pemFile), read.required(names[1], pemFile)];
  const clientCaFile = read.optional(names[2], pemFile, undefined);
  const files = { certificateFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) };
  if (read.hasWrong(names)) return undefined;
  try {
    tlsOptions(files);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    read.refuse(
      `${names[0]} and ${names[1]}: ${certificateFile} and ${keyFile} are no certificate and its key (${reason})`,
    );
  }
  return files;
}

const maskList = (value: string): string => value.replace(/:[^,]*/g, ':***').replace(/(^|,)[^:,]+(?=,|$)/g, '$1***');

const anyRedis = url(['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel']);
const redisUrl: VariableKind<string> = {
  ...anyRedis,
  schema: anyRedis.schema.pipe(
    parsed((value) => {
      sentinelOptions(value);
      return value;
    }),
  ),
};

const platformCredentials: VariableKind<readonly PlatformCredential[]> = {
  schema: parsed(credentialsInVariable),
  mayHold: 'user:password[,user:password…]',
  mask: maskList,
};

const credentialsFile: VariableKind<string> = {
  schema: parsed((path) => {
    credentialsInFile(readFileSync(path, 'utf8'));
    return path;
  }),
  mayHold: 'the path of a file with one user:password a line',
};

const encryptionKeys: VariableKind<readonly EncryptionKey[]> = {
  schema: parsed((value) => {
    const keys = value.split(',').map(parseEncryptionKey);
    if (new Set(keys.map((key) => key.id)).size < keys.length) throw new Error('two keys have one id');
    return keys;
  }),
  mayHold: 'id:base64[,id:base64…], each key 32 bytes',
  mask: maskList,
};

const keyIds: VariableKind<readonly string[]> = {
  schema: z
    .string()
    .regex(/^[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*$/)
    .transform((value) => value.split(',')),
  mayHold: 'id[,id…], ids of encryption keys',
  // It may be keys, by mistake.
  mask: maskList,
};

function parseEncryptionKey(entry: string, index: number): EncryptionKey {
  const [, id, base64] = /^([A-Za-z0-9._-]+):([A-Za-z0-9+/]+={0,2})$/.exec(entry) ?? [];
  if (id === undefined || base64 === undefined) throw new Error(`entry ${index + 1} is no id:base64`);
  const key = Buffer.from(base64, 'base64');
  if (key.length !== 32) throw new Error(`the key of entry ${index + 1} has ${key.length} bytes`);
  return { id, key };
}

const isInCluster = (environment: NodeJS.ProcessEnv): boolean =>
  (environment.KUBERNETES_SERVICE_HOST ?? '') !== '' && (environment.KUBECONFIG ?? '') === '';

/** Of this installation, whether it runs from a folder of `dist` or, in tests, from `src`. */
function defaultCatalogFile(): string {
  const up = import.meta.url.includes('/dist/') ? '../../' : '../';
  return fileURLToPath(new URL(`${up}catalog/default.yaml`, import.meta.url));
}
