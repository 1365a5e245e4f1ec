// @peculiar/x509 needs it, and says so at import.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validYears = 10;
const clockSkew = 60 * 60 * 1000;

/** A certificate and its private key, both PEM. */
export type Credential = { readonly certificate: string; readonly key: string };

export interface Issued {
  readonly authority: Credential;
  readonly member: Credential;
}

/**
 * A certificate authority, and one certificate of it that all members share: each is a server, and a client of the
 * others.
 */
export async function issueCertificates(name: string, hosts: readonly string[], now = new Date()): Promise<Issued> {
  const [authorityKeys, memberKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const issuer = `CN=${name} CA`;
  const common = { issuer, signingKey: authorityKeys.privateKey, signingAlgorithm: algorithm, ...validity(now) };
  const [authority, member] = await Promise.all([
    X509CertificateGenerator.create({
      ...common,
      subject: issuer,
      publicKey: authorityKeys.publicKey,
      extensions: await authorityExtensions(authorityKeys),
    }),
    X509CertificateGenerator.create({
      ...common,
      subject: `CN=${name}`,
      publicKey: memberKeys.publicKey,
      extensions: memberExtensions(hosts),
    }),
  ]);
  return {
    authority: { certificate: authority.toString('pem'), key: await pemOf(authorityKeys.privateKey) },
    member: { certificate: member.toString('pem'), key: await pemOf(memberKeys.privateKey) },
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(now: Date) {
  const notBefore = new Date(now.getTime() - clockSkew);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + validYears);
  return { notBefore, notAfter };
}

async function authorityExtensions({ publicKey }: webcrypto.CryptoKeyPair): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

function memberExtensions(hosts: readonly string[]): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension([
      ...hosts.map((value) => ({ type: 'dns' as const, value })),
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]),
  ];
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag);
}
