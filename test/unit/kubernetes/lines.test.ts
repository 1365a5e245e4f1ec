import { expect, it } from 'vitest';
import { lines } from '../../../src/kubernetes/watch-stream.js';

async function* chunksOf(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it.each([1, 2, 3, 7, 100])(
  'are whole, however the bytes come (%i at once), and half a line is left out',
  async (size) => {
    const found: string[] = [];
    for await (const line of lines(chunksOf(Buffer.from('{"name":"ä"}\n\n{"name":"€"}\n{"na'), size))) found.push(line);
    expect(found).toEqual(['{"name":"ä"}', '{"name":"€"}']);
  },
);
