import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyRing, UnknownKeyError } from '../../../src/store/encryption.js';

const key = (id: string) => ({ id, key: randomBytes(32) });
const place = 'service_instances/abc/secrets' as const;
const value = { password: 'correct horse', nested: { list: [1, 'two', null] } };

describe('KeyRing', () => {
  it('opens what it sealed', () => {
    const ring = new KeyRing([key('a')]);
    expect(ring.open(ring.seal(value, place), place)).toEqual(value);
  });

  it('shows nothing of the value, and seals the same value differently each time', () => {
    const ring = new KeyRing([key('a')]);
    const [first, second] = [ring.seal(value, place), ring.seal(value, place)];
    expect(Buffer.from(first.text.value()).includes('correct horse')).toBe(false);
    expect(first.text.toString('hex')).not.toBe(second.text.toString('hex'));
  });

  it('encrypts with its first key and opens with any', () => {
    const [older, newer] = [key('older'), key('newer')];
    const sealed = new KeyRing([older]).seal(value, place);
    const ring = new KeyRing([newer, older]);
    expect(ring.open(sealed, place)).toEqual(value);
    expect(ring.seal(value, place).key).toBe('newer');
  });

  it('says which key is missing', () => {
    const sealed = new KeyRing([key('lost')]).seal(value, place);
    expect(() => new KeyRing([key('other')]).open(sealed, place)).toThrow(
      new UnknownKeyError('no encryption key has the id lost'),
    );
  });

  it('does not open a value that was moved to another record or field', () => {
    const ring = new KeyRing([key('a')]);
    const sealed = ring.seal(value, place);
    expect(() => ring.open(sealed, 'service_instances/abd/secrets')).toThrow();
    expect(() => ring.open(sealed, 'service_instances/abc/parameters')).toThrow();
  });

  it('does not open a value that was changed', () => {
    const ring = new KeyRing([key('a')]);
    const sealed = ring.seal(value, place);
    sealed.text.buffer[0] = (sealed.text.buffer[0] ?? 0) ^ 1;
    expect(() => ring.open(sealed, place)).toThrow();
  });
});
