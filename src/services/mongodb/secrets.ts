import { randomBytes } from 'node:crypto';
import { type Credential, issueCertificates } from './certificates.js';
import { namespaceOf, serviceDomain } from './names.js';

/** Generated once, and stored encrypted before its first use: Kubernetes Secrets and MongoDB users follow from it. */
export type InstanceSecrets = {
  /** https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles */
  readonly keyFile: string;
  readonly adminPassword: string;
  readonly authority: Credential;
  readonly member: Credential;
};

export type BindingSecrets = { readonly password: string };

// The most that makes a key of at most 1024 base64 characters, in whole groups of three bytes.
const keyFileBytes = 756;
const passwordBytes = 24;

export async function generateInstanceSecrets(
  instanceId: string,
  services: readonly string[],
  clusterDomain: string,
): Promise<InstanceSecrets> {
  const namespace = namespaceOf(instanceId);
  const hosts = services.flatMap((name) => hostsOf(serviceDomain(namespace, name, clusterDomain), clusterDomain));
  return {
    keyFile: randomBytes(keyFileBytes).toString('base64'),
    adminPassword: generatePassword(),
    ...(await issueCertificates(namespace, [...hosts, 'localhost'])),
  };
}

export function generateBindingSecrets(): BindingSecrets {
  return { password: generatePassword() };
}

/** The members of a headless Service and the Service itself, also without the cluster's domain. */
function hostsOf(service: string, clusterDomain: string): string[] {
  return [service, service.slice(0, -`.${clusterDomain}`.length)].flatMap((name) => [`*.${name}`, name]);
}

/** Hexadecimal, because other characters break connection strings somewhere. */
function generatePassword(): string {
  return randomBytes(passwordBytes).toString('hex');
}
