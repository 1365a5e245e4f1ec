import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import { readIfThere, writeWhole } from '../files.js';
import { hashOf } from '../hash.js';
import { type ClusterPaths, layout } from './layout.js';

/** Who has a certificate of the cluster's authority, and for what. */
export interface Identity {
  readonly file: string;
  readonly user: string;
  readonly group?: string;
  readonly addresses?: readonly string[];
  readonly names?: readonly string[];
}

/** Who the broker is to the local cluster. */
export const brokerUser = 'holdfast';

export const identities: readonly Identity[] = [
  {
    file: 'api-server',
    user: 'kube-apiserver',
    addresses: [layout.nodeIp, layout.kubernetesIp, '127.0.0.1'],
    names: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
  },
  { file: 'api-server-to-kubelet', user: 'kube-apiserver-kubelet-client', group: 'system:masters' },
  { file: 'kubelet', user: `system:node:${layout.nodeName}`, group: 'system:nodes', addresses: [layout.nodeIp] },
  { file: 'admin', user: 'holdfast-local-admin', group: 'system:masters' },
  { file: 'controllers', user: 'system:kube-controller-manager' },
  { file: 'scheduler', user: 'system:kube-scheduler' },
  { file: 'proxy', user: 'system:kube-proxy' },
  { file: 'volumes', user: 'holdfast-local-volumes' },
  { file: 'broker', user: brokerUser },
];

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const authorityName = 'CN=holdfast-local';

/** Makes the authority and all certificates where they are missing or for other names; answers what identifies them. */
export async function ensureCertificates(paths: ClusterPaths): Promise<string> {
  const wanted = hashOf(identities);
  const complete =
    readIfThere(paths.certificate('made-for')) === wanted &&
    [...identities.map(({ file }) => file), 'authority', 'service-accounts'].every((file) =>
      existsSync(paths.key(file)),
    );
  if (!complete) {
    await makeAll(paths);
    writeWhole(paths.certificate('made-for'), wanted);
  }
  return hashOf(wanted, readFileSync(paths.certificate('authority'), 'utf8'));
}

async function makeAll(paths: ClusterPaths): Promise<void> {
  const keys = await generateKeys();
  const validity = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 3650 * 86_400_000) };
  const common = { ...validity, signingAlgorithm: algorithm };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    name: authorityName,
    serialNumber: randomBytes(8).toString('hex'),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writeWhole(paths.certificate('authority'), authority.toString('pem'), 0o644);
  writeWhole(paths.key('authority'), await pem(keys.privateKey));
  const usages = [x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth];
  for (const identity of identities) {
    const own = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      subject: identity.group ? `O=${identity.group}, CN=${identity.user}` : `CN=${identity.user}`,
      issuer: authorityName,
      serialNumber: randomBytes(8).toString('hex'),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension(identity.addresses ? usages : [x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...(identity.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
          ...[...(identity.names ?? []), identity.user].map((value) => ({ type: 'dns' as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    writeWhole(paths.certificate(identity.file), certificate.toString('pem'), 0o644);
    writeWhole(paths.key(identity.file), await pem(own.privateKey));
  }
  makeServiceAccountKey(paths);
}

function makeServiceAccountKey(paths: ClusterPaths): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeWhole(paths.key('service-accounts'), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  writeWhole(
    paths.certificate('service-accounts'),
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    0o644,
  );
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}
