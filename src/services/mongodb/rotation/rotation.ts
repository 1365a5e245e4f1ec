import type { Procedure } from '../../../operations/step.js';
import type { Instance } from '../../service.js';
import { timeOf } from '../certificates.js';
import { type Environment, topicsOf } from '../environment.js';
import {
  type CertificateTerms,
  type InstanceSecrets,
  withNewAuthority,
  withNewCertificate,
  withNewKeyFile,
} from '../secrets.js';
import type { Template } from '../template.js';
import { topologyOf } from '../topology.js';
import { takeCertificates } from './certificates.js';
import { exchangeKeyFile } from './key-file.js';

/** What can be rotated of an instance, as operators call it. */
export const rotatable = ['certificates', 'authority', 'key-file'] as const;
export type Rotatable = (typeof rotatable)[number];

/** So that two attempts more fit into what is left of a certificate's time. */
const certificateShare = 2 / 3;
/** Apps that know only the former authority have the other half of its time to learn of the new one. */
const authorityShare = 1 / 2;

/** What is to be rotated next, and when. */
export function nextRotation({ authority, member }: InstanceSecrets): { readonly what: Rotatable; readonly at: Date } {
  const ofAuthority = timeOf(authority.certificate, authorityShare);
  const ofCertificates = timeOf(member.certificate, certificateShare);
  return ofAuthority <= ofCertificates
    ? { what: 'authority', at: ofAuthority }
    : { what: 'certificates', at: ofCertificates };
}

/** What is stored before the rotation's first step. */
export async function beginRotation(
  what: Rotatable,
  secrets: InstanceSecrets,
  terms: CertificateTerms,
): Promise<InstanceSecrets> {
  switch (what) {
    case 'certificates':
      return withNewCertificate(secrets, terms);
    case 'authority':
      return withNewAuthority(secrets, terms);
    case 'key-file':
      return withNewKeyFile(secrets);
  }
}

/** @param instance with the secrets that the rotation began with */
export function rotate(
  environment: Environment,
  instance: Instance<Template, InstanceSecrets>,
  what: Rotatable,
): Procedure {
  const topology = topologyOf(environment, instance);
  const stages = what === 'key-file' ? exchangeKeyFile : takeCertificates;
  return {
    topics: topicsOf(topology.shape.instance.namespace),
    stages: stages(environment, topology, instance.secrets),
  };
}
