import { stringify } from 'yaml';
import { mongodbPort } from '../names.js';
import type { ReplicaSet } from './replica-set.js';

/** Where the configuration, the key file's source and the certificates are mounted; and what mongod may write to. */
export const configurationFolder = '/etc/mongodb';
export const runFolder = '/run/mongodb';
export const dataFolder = '/data/db';

export const mountedFiles = {
  configuration: 'mongod.conf',
  keyFile: 'keyfile',
  authority: 'ca.crt',
  certificateKey: 'tls.pem',
} as const;

/** A secondary, or a router, sleeps this long after SIGTERM; the primary looks for a successor meanwhile. */
const quiesceMilliseconds = 1000;

const gibibyte = 2 ** 30;
const smallestCache = 0.25;

/** mongod.conf. https://www.mongodb.com/docs/manual/reference/configuration-options/ */
export function mongodConfiguration({ name, role, plan }: ReplicaSet): string {
  return stringify({
    net,
    replication: { replSetName: name },
    security: { authorization: 'enabled', ...internalAuthentication },
    ...(role !== 'replica-set' && { sharding: { clusterRole: role } }),
    storage: { dbPath: dataFolder, wiredTiger: { engineConfig: { cacheSizeGB: cacheSizeGB(plan.memory) } } },
    setParameter: {
      enableLocalhostAuthBypass: false,
      shutdownTimeoutMillisForSignaledShutdown: quiesceMilliseconds,
    },
  });
}

/** mongos.conf. @param configServers `cfg/host:port,host:port` */
export function mongosConfiguration(configServers: string): string {
  return stringify({
    net,
    security: internalAuthentication,
    sharding: { configDB: configServers },
    setParameter: {
      enableLocalhostAuthBypass: false,
      mongosShutdownTimeoutMillisForSignaledShutdown: quiesceMilliseconds,
    },
  });
}

const net = {
  port: mongodbPort,
  bindIpAll: true,
  ipv6: true,
  unixDomainSocket: { enabled: false },
  tls: {
    mode: 'requireTLS',
    CAFile: `${configurationFolder}/${mountedFiles.authority}`,
    certificateKeyFile: `${configurationFolder}/${mountedFiles.certificateKey}`,
    // Clients have passwords.
    allowConnectionsWithoutCertificates: true,
  },
};

const internalAuthentication = { clusterAuthMode: 'keyFile', keyFile: `${runFolder}/${mountedFiles.keyFile}` };

/**
 * mongod's own default, but of the container's limit instead of the node's memory.
 * https://www.mongodb.com/docs/manual/reference/configuration-options/#mongodb-setting-storage.wiredTiger.engineConfig.cacheSizeGB
 */
export function cacheSizeGB(memoryLimit: string): number {
  const cache = 0.5 * (bytesOf(memoryLimit) / gibibyte - 1);
  return Math.max(smallestCache, Math.floor(cache * 100) / 100);
}

const powers = ['', 'k', 'M', 'G', 'T', 'P'];

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function bytesOf(quantity: string): number {
  const [, amount = '', prefix = '', binary] = /^([\d.]+)([kKMGTP]?)(i?)$/.exec(quantity) ?? [];
  const power = powers.indexOf(binary ? prefix.replace('K', 'k') : prefix);
  return Number(amount) * (binary ? 1024 : 1000) ** power;
}
