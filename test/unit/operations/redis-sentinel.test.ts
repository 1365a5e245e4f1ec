import { describe, expect, it } from 'vitest';
import { sentinelOptions } from '../../../src/operations/redis-sentinel.js';

describe('sentinelOptions', () => {
  it.each(['redis://s1:26379/0', 'rediss://:secret@s1', 'redis://a,b/name'])('is not for %s, one Redis', (url) => {
    expect(sentinelOptions(url)).toBeUndefined();
  });

  it.each([
    [
      'redis+sentinel://s1/primary',
      { sentinels: [{ host: 's1', port: 26_379 }], name: 'primary', db: 0, tls: undefined, password: undefined },
    ],
    [
      'redis+sentinel://s1:1,10.0.0.2:26380,[fd00::3]:3,[fd00::4]/primary',
      {
        sentinels: [
          { host: 's1', port: 1 },
          { host: '10.0.0.2', port: 26_380 },
          { host: 'fd00::3', port: 3 },
          { host: 'fd00::4', port: 26_379 },
        ],
      },
    ],
    ['redis+sentinel://secret@s1/primary', { username: undefined, password: 'secret' }],
    ['redis+sentinel://:secret@s1/primary', { username: undefined, password: 'secret' }],
    ['redis+sentinel://user:se:cret@s1/primary', { username: 'user', password: 'se:cret' }],
    [
      'redis+sentinel://us%3Aer:s%40c%2Fret@s1/the%20primary',
      { username: 'us:er', password: 's@c/ret', name: 'the primary' },
    ],
    [
      'redis+sentinel://:a@s1/primary?sentinelUsername=watch&sentinelPassword=b%26c&db=3',
      { password: 'a', sentinelUsername: 'watch', sentinelPassword: 'b&c', db: 3 },
    ],
    [
      'redis+sentinel://s1/primary',
      { sentinelUsername: undefined, sentinelPassword: undefined, sentinelTLS: undefined },
    ],
    ['rediss+sentinel://s1/primary', { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }],
    ['redis+sentinel://s1/primary', { failoverDetector: true }],
  ])('reads %s', (url, wanted) => {
    const options: Readonly<Record<string, unknown>> = { ...sentinelOptions(url) };
    expect(Object.fromEntries(Object.keys(wanted).map((key) => [key, options[key]]))).toEqual(wanted);
  });

  const unencoded = 'special characters of its parts must be percent-encoded';
  const noName = 'the name of the primary is missing: /name after the Sentinels';
  const options = 'it takes no options but db, sentinelUsername, sentinelPassword';
  it.each([
    ['redis+sentinel://s1:26379', noName],
    ['redis+sentinel://s1/', noName],
    ['redis+sentinel://s1?db=1', noName],
    ['redis+sentinel:///primary', 'Sentinel 1 is no host or host:port'],
    ['redis+sentinel://s1,/primary', 'Sentinel 2 is no host or host:port'],
    ['redis+sentinel://s1,s2:x/primary', 'Sentinel 2 is no host or host:port'],
    ['redis+sentinel://s1:0/primary', 'Sentinel 1 is no host or host:port'],
    ['redis+sentinel://s1:65536/primary', 'Sentinel 1 is no host or host:port'],
    ['redis+sentinel://:sec/ret@s1/primary', unencoded],
    ['redis+sentinel://:sec@ret@s1/primary', unencoded],
    ['redis+sentinel://:sec%ret@s1/primary', unencoded],
    ['redis+sentinel://s1/primary/0', unencoded],
    ['redis+sentinel://s1/primary?password=secret', options],
    ['redis+sentinel://s1/primary?secret', options],
    ['redis+sentinel://s1/primary?db=one', 'db is no number'],
  ])('refuses %s', (url, reason) => {
    expect(() => sentinelOptions(url)).toThrow(reason);
  });
});
