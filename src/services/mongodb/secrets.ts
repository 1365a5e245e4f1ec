import { randomBytes } from 'node:crypto';
import { type Credential, crossSign, issueAuthority, issueMember } from './certificates.js';
import { namespaceOf, outsideName, serviceDomain } from './names.js';

/** Generated once, and stored encrypted before its first use: Kubernetes Secrets and MongoDB users follow from it. */
export type InstanceSecrets = {
  /** https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles */
  readonly keyFile: string;
  /** Valid besides, until all members know the other one. */
  readonly formerKeyFile?: string;
  readonly adminPassword: string;
  readonly authority: Credential;
  /** What apps may still trust. `cross` has them trust the authority that came after it. */
  readonly formerAuthority?: { readonly certificate: string; readonly cross: string };
  readonly member: Credential;
};

export type BindingSecrets = { readonly password: string };

/** What certificates say of an instance. */
export interface CertificateTerms {
  readonly instanceId: string;
  /** Its headless Services. */
  readonly services: readonly string[];
  readonly clusterDomain: string;
  /** The domain of its names outside of the cluster, where it has such. */
  readonly outsideDomain?: string | undefined;
  /** How long the members' certificates are valid, in days. */
  readonly days: number;
}

// The most that makes a key of at most 1024 base64 characters, in whole groups of three bytes.
const keyFileBytes = 756;
const passwordBytes = 24;
const authorityDays = 3650;

export async function generateInstanceSecrets(terms: CertificateTerms): Promise<InstanceSecrets> {
  const authority = await issueAuthority(namespaceOf(terms.instanceId), authorityDays);
  return {
    keyFile: generateKeyFile(),
    adminPassword: generatePassword(),
    authority,
    member: await memberOf(authority, terms),
  };
}

export function generateBindingSecrets(): BindingSecrets {
  return { password: generatePassword() };
}

/** The same authority, and a new certificate of it. */
export async function withNewCertificate(secrets: InstanceSecrets, terms: CertificateTerms): Promise<InstanceSecrets> {
  return { ...secrets, member: await memberOf(secrets.authority, terms) };
}

/** A new authority: whoever trusts the former one trusts it, too. */
export async function withNewAuthority(secrets: InstanceSecrets, terms: CertificateTerms): Promise<InstanceSecrets> {
  const former = secrets.authority;
  const authority = await issueAuthority(namespaceOf(terms.instanceId), authorityDays);
  const cross = await crossSign(former, authority);
  return {
    ...secrets,
    authority,
    formerAuthority: { certificate: former.certificate, cross },
    member: await memberOf(authority, terms),
  };
}

export function withNewKeyFile(secrets: InstanceSecrets): InstanceSecrets {
  return { ...secrets, keyFile: generateKeyFile(), formerKeyFile: secrets.keyFile };
}

export function withoutFormerKeyFile({ formerKeyFile: _, ...secrets }: InstanceSecrets): InstanceSecrets {
  return secrets;
}

/** The certificates of the authorities to trust, PEM. */
export const trustedAuthorities = ({ authority, formerAuthority }: InstanceSecrets): string =>
  authority.certificate + (formerAuthority?.certificate ?? '');

/** What a server shows: its certificate, and what leads from there to each authority. */
export const certificateKeyOf = ({ member, formerAuthority }: InstanceSecrets): string =>
  member.certificate + (formerAuthority?.cross ?? '') + member.key;

/**
 * The key file's text. A member that has two of them believes both, and tries them in turn.
 * https://www.mongodb.com/docs/manual/tutorial/rotate-key-replica-set/
 */
export const keyFileText = ({ keyFile, formerKeyFile }: InstanceSecrets): string =>
  formerKeyFile === undefined ? keyFile : `- ${formerKeyFile}\n- ${keyFile}\n`;

function memberOf(
  authority: Credential,
  { instanceId, services, clusterDomain, outsideDomain, days }: CertificateTerms,
) {
  const namespace = namespaceOf(instanceId);
  const hosts = services.flatMap((name) => hostsOf(serviceDomain(namespace, name, clusterDomain), clusterDomain));
  const outside = outsideDomain === undefined ? [] : [outsideName(namespace, outsideDomain, '*')];
  return issueMember(authority, namespace, [...hosts, ...outside, 'localhost'], days);
}

/** The members of a headless Service and the Service itself, also without the cluster's domain. */
function hostsOf(service: string, clusterDomain: string): string[] {
  return [service, service.slice(0, -`.${clusterDomain}`.length)].flatMap((name) => [`*.${name}`, name]);
}

const generateKeyFile = (): string => randomBytes(keyFileBytes).toString('base64');

/** Hexadecimal, because other characters break connection strings somewhere. */
const generatePassword = (): string => randomBytes(passwordBytes).toString('hex');
