import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  certificateKeyOf,
  generateBindingSecrets,
  generateInstanceSecrets,
  keyFileText,
  trustedAuthorities,
  withNewAuthority,
  withNewCertificate,
  withNewKeyFile,
  withoutFormerKeyFile,
} from '../../../../src/services/mongodb/secrets.js';

const terms = { instanceId: 'abc', services: ['rs0'], clusterDomain: 'cluster.local', days: 90 };

describe('instance secrets', async () => {
  const secrets = await generateInstanceSecrets(terms);
  const authority = new X509Certificate(secrets.authority.certificate);
  const member = new X509Certificate(secrets.member.certificate);

  it('have a key file that MongoDB takes', () => {
    expect(secrets.keyFile).toMatch(/^[A-Za-z0-9+/]{1008}$/);
  });

  it('have a member certificate that the authority signed', () => {
    expect(authority.ca).toBe(true);
    expect(member.ca).toBe(false);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(member.verify(authority.publicKey)).toBe(true);
    expect(member.checkIssued(authority)).toBe(true);
  });

  it('have the private keys of both certificates', () => {
    expect(authority.checkPrivateKey(createPrivateKey(secrets.authority.key))).toBe(true);
    expect(member.checkPrivateKey(createPrivateKey(secrets.member.key))).toBe(true);
  });

  it('let a member be a server and a client', () => {
    expect(member.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it.each(['rs0-0.rs0.m-abc.svc.cluster.local', 'rs0-6.rs0.m-abc.svc', 'rs0.m-abc.svc.cluster.local', 'localhost'])(
    'name the host %s',
    (host) => {
      expect(member.checkHost(host)).toBeDefined();
    },
  );

  it('name the loopback address, and no other instance', () => {
    expect(member.checkIP('127.0.0.1')).toBeDefined();
    expect(member.checkHost('rs0-0.rs0.m-other.svc.cluster.local')).toBeUndefined();
  });

  it('differ each time', async () => {
    const others = await generateInstanceSecrets(terms);
    expect(others.keyFile).not.toBe(secrets.keyFile);
    expect(others.adminPassword).not.toBe(secrets.adminPassword);
    expect(others.authority.key).not.toBe(secrets.authority.key);
  });
});

it('binding secrets are safe in any connection string', () => {
  expect(generateBindingSecrets().password).toMatch(/^[0-9a-f]{48}$/);
});

describe('a certificate of an instance with names outside of the cluster', async () => {
  const exposed = { ...terms, outsideDomain: 'db.example.com' };
  const secrets = await generateInstanceSecrets(exposed);
  it.each([
    ['at first', secrets],
    ['renewed', await withNewCertificate(secrets, exposed)],
    ['of a new authority', await withNewAuthority(secrets, exposed)],
  ])('names them, %s, and those inside', (_, { member }) => {
    const certificate = new X509Certificate(member.certificate);
    expect(certificate.checkHost('rs0-2.m-abc.db.example.com')).toBeDefined();
    expect(certificate.checkHost('rs0-2.rs0.m-abc.svc.cluster.local')).toBeDefined();
    expect(certificate.checkHost('rs0-2.m-other.db.example.com')).toBeUndefined();
    expect(certificate.checkHost('m-abc.db.example.com')).toBeUndefined();
  });
});

const certificatesIn = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERT[^-]+-----[^-]+-----END CERT[^-]+-----\n/g) ?? [];

describe('a new certificate', async () => {
  const before = await generateInstanceSecrets(terms);
  const after = await withNewCertificate(before, terms);

  it('is of the same authority, and lives as long as is said', () => {
    const member = new X509Certificate(after.member.certificate);
    expect(after.member.certificate).not.toBe(before.member.certificate);
    expect(member.verify(new X509Certificate(before.authority.certificate).publicKey)).toBe(true);
    const days = (Date.parse(member.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
  });

  it('changes nothing else', () => {
    expect({ ...after, member: before.member }).toEqual(before);
  });
});

describe('a new authority', async () => {
  const before = await generateInstanceSecrets(terms);
  const after = await withNewAuthority(before, terms);
  const [member, cross, ...others] = certificatesIn(certificateKeyOf(after));

  /** What a TLS handshake with this server comes to, for a client that trusts only `ca`. */
  const trusts = async (ca: string, server: typeof after) => {
    const pem = certificateKeyOf(server);
    const listener = createServer({ cert: pem, key: pem }, (socket) => socket.end()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
    try {
      await once(socket, 'secureConnect');
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      socket.destroy();
      listener.close();
    }
  };

  it('signs the members’ certificate, and is signed by the former one', () => {
    expect(others).toEqual([]);
    const authority = new X509Certificate(after.authority.certificate);
    expect(new X509Certificate(member ?? '').verify(authority.publicKey)).toBe(true);
    const former = new X509Certificate(before.authority.certificate);
    expect(new X509Certificate(cross ?? '').verify(former.publicKey)).toBe(true);
    expect(new X509Certificate(cross ?? '').subject).toBe(authority.subject);
    expect(authority.subject).not.toBe(former.subject);
  });

  it.each([
    ['the former authority', before.authority.certificate, after],
    ['the new one', after.authority.certificate, after],
    ['both', trustedAuthorities(after), after],
    ['both, while a server is still to learn of the new one', trustedAuthorities(after), before],
    ['the former one, and a renewed certificate', before.authority.certificate, await withNewCertificate(after, terms)],
  ])('is trusted by who trusts %s', async (_, ca, server) => {
    expect(await trusts(ca, server)).toBe(true);
  });

  it('is trusted by nobody else', async () => {
    const stranger = await generateInstanceSecrets(terms);
    expect(await trusts(stranger.authority.certificate, after)).not.toBe(true);
    expect(await trusts(after.authority.certificate, before)).not.toBe(true);
  });
});

describe('a new key file', async () => {
  const before = await generateInstanceSecrets(terms);
  const both = withNewKeyFile(before);

  it('stands beside the former one first', () => {
    expect(keyFileText(both)).toBe(`- ${before.keyFile}\n- ${both.keyFile}\n`);
    expect(both.keyFile).not.toBe(before.keyFile);
  });

  it('stands alone in the end', () => {
    expect(keyFileText(withoutFormerKeyFile(both))).toBe(both.keyFile);
    expect(withoutFormerKeyFile(both)).toEqual({ ...before, keyFile: both.keyFile });
  });
});
