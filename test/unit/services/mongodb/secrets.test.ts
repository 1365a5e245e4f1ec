import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateBindingSecrets, generateInstanceSecrets } from '../../../../src/services/mongodb/secrets.js';

describe('instance secrets', async () => {
  const secrets = await generateInstanceSecrets('abc', ['rs0'], 'cluster.local');
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
    const others = await generateInstanceSecrets('abc', ['rs0'], 'cluster.local');
    expect(others.keyFile).not.toBe(secrets.keyFile);
    expect(others.adminPassword).not.toBe(secrets.adminPassword);
    expect(others.authority.key).not.toBe(secrets.authority.key);
  });
});

it('binding secrets are safe in any connection string', () => {
  expect(generateBindingSecrets().password).toMatch(/^[0-9a-f]{48}$/);
});
