// @peculiar/x509 needs it, and says so at import.
import 'reflect-metadata';
import { X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const clockSkew = 60 * 60 * 1000;
const day = 24 * 60 * 60 * 1000;

/** A certificate and its private key, both PEM. Behind a certificate may stand those that lead from it to an authority. */
export type Credential = { readonly certificate: string; readonly key: string };

/**
 * A certificate authority. Its name is its own among all of `name`, so that nobody takes one for another that came
 * before or after it.
 */
export async function issueAuthority(name: string, days: number, now = new Date()): Promise<Credential> {
  const { publicKey, privateKey } = await generateKeys();
  const subject = `CN=${name} CA ${await fingerprintOf(publicKey)}`;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: subject,
    publicKey,
    signingKey: privateKey,
    signingAlgorithm: algorithm,
    ...validity(now, days),
    extensions: [
      // One more may stand below it: the one that comes after it.
      new BasicConstraintsExtension(true, 1, true),
      ...(await authorityExtensions(publicKey)),
    ],
  });
  return { certificate: pem(certificate), key: await pemOf(privateKey) };
}

/** One certificate that all members share: each is a server, and a client of the others. */
export async function issueMember(
  authority: Credential,
  name: string,
  hosts: readonly string[],
  days: number,
  now = new Date(),
): Promise<Credential> {
  const { publicKey, privateKey } = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    publicKey,
    ...(await signedBy(authority)),
    ...validity(now, days),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        ...hosts.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await authorityOf(authority),
    ],
  });
  return { certificate: pem(certificate), key: await pemOf(privateKey) };
}

/**
 * What leads whoever trusts only the former authority to the one that came after it: the same name and key, signed by
 * the former (RFC 4158, 1.5.1), for as long as that one is valid.
 */
export async function crossSign(former: Credential, authority: Credential, now = new Date()): Promise<string> {
  const { subject, publicKey } = new X509Certificate(authority.certificate);
  const certificate = await X509CertificateGenerator.create({
    subject,
    publicKey,
    ...(await signedBy(former)),
    notBefore: new Date(now.getTime() - clockSkew),
    notAfter: new X509Certificate(former.certificate).notAfter,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      ...(await authorityExtensions(publicKey)),
      await authorityOf(former),
    ],
  });
  return pem(certificate);
}

/** When so much of a certificate's time has passed that it is to be renewed. @param share from 0 to 1 */
export function timeOf(certificate: string, share: number): Date {
  const { notBefore, notAfter } = new X509Certificate(certificate);
  return new Date(notBefore.getTime() + share * (notAfter.getTime() - notBefore.getTime()));
}

/** SHA-256 of the (first) certificate, as `getPeerX509Certificate()` tells it: hexadecimal, with colons. */
export const fingerprint256 = (certificate: string): string => new NodeCertificate(certificate).fingerprint256;

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function fingerprintOf(publicKey: webcrypto.CryptoKey): Promise<string> {
  const digest = await webcrypto.subtle.digest('SHA-256', await webcrypto.subtle.exportKey('spki', publicKey));
  return Buffer.from(digest).toString('hex').slice(0, 12);
}

function validity(now: Date, days: number) {
  return { notBefore: new Date(now.getTime() - clockSkew), notAfter: new Date(now.getTime() + days * day) };
}

async function signedBy({ certificate, key }: Credential) {
  const [encoded] = PemConverter.decode(key);
  if (!encoded) throw new Error('the private key of the authority is no PEM');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', encoded, algorithm, false, ['sign']);
  return { issuer: new X509Certificate(certificate).subject, signingKey, signingAlgorithm: algorithm };
}

async function authorityExtensions(publicKey: webcrypto.CryptoKey | PublicKey): Promise<Extension[]> {
  return [
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

const authorityOf = ({ certificate }: Credential): Promise<Extension> =>
  AuthorityKeyIdentifierExtension.create(new X509Certificate(certificate).publicKey);

const pem = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`;

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`;
}
