import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Edge, sold, startEdge } from '../support/edge-only.js';
import { eventually } from '../support/eventually.js';

let edge: Edge;
/** Here only a request's end has to come soon. */
let patient: Edge;
beforeAll(async () => {
  edge = await startEdge({
    environment: {
      HOLDFAST_HEADERS_SECONDS: '1',
      HOLDFAST_REQUEST_SECONDS: '600',
      HOLDFAST_KEEP_ALIVE_SECONDS: '1',
      HOLDFAST_MAXIMUM_CONNECTIONS: '5',
    },
  });
  patient = await startEdge({ environment: { HOLDFAST_HEADERS_SECONDS: '600', HOLDFAST_REQUEST_SECONDS: '2' } });
});
afterAll(async () => {
  await edge.close();
  await patient.close();
});

async function open(to = edge): Promise<Socket> {
  const socket = connect(Number(new URL(to.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const authorization = `Basic ${Buffer.from('other:secret').toString('base64')}`;
const head = (length: number) =>
  `PUT /v2/service_instances/i?accepts_incomplete=true HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nX-Broker-API-Version: 2.17\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe('a client that is slow', () => {
  test.each([
    ['says nothing', () => edge, '', ''],
    ['never ends its headers', () => edge, 'GET /v2/catalog HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'],
    ['never ends its body', () => patient, head(10_000), ' '],
  ])('and %s is disconnected, though it goes on sending', async (_, to, first, again) => {
    const socket = await open(to());
    socket.write(first);
    const drip = setInterval(() => again !== '' && !socket.destroyed && socket.write(again), 100);
    const closed = once(socket, 'close');
    const answer = await text(socket).catch(() => '');
    await closed;
    clearInterval(drip);
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(to().instances.asked).toEqual([]);
  });

  test('keeps nobody else from being served', async () => {
    const slow = await Promise.all([open(), open(), open()]);
    for (const socket of slow) socket.write('GET / HTTP/1.1\r\n');
    expect((await edge.broker.provision('i', sold)).status).toBe(202);
    for (const socket of slow) socket.destroy();
  });
});

test('an idle connection ends', async () => {
  const socket = await open();
  socket.write(`GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answer = text(socket);
  await once(socket, 'close');
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('more connections than the most are not taken', async () => {
  const sockets = await Promise.all(Array.from({ length: 5 }, () => open()));
  const surplus = await open();
  await once(surplus, 'close');
  for (const socket of sockets) socket.destroy();
  await eventually(async () => (await fetch(`${edge.url}/health/live`).catch(() => undefined))?.status === 200);
});

describe('what is too large', () => {
  test('headers: 431', async () => {
    const answer = await edge.broker.raw('GET', '/v2/catalog', { headers: { 'x-large': 'x'.repeat(20_000) } });
    expect(answer.status).toBe(431);
  });

  test('a body, which is not waited for longer than for any other', async () => {
    const socket = await open(patient);
    socket.write(head(2 ** 40));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 (408|413) /);
    socket.destroy();
    expect(patient.instances.asked).toEqual([]);
  });
});

describe('headers of answers', () => {
  const headersOf = async (path: string, user = 'other') =>
    (await edge.driver({ user, password: 'secret' }).raw('GET', path)).headers;

  test('no page shows them, no browser guesses what they are, no cache keeps what may be secret', async () => {
    const headers = await headersOf('/v2/service_instances/i/service_bindings/b');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
    expect((await headersOf('/v2/service_instances/i', 'nobody')).get('x-content-type-options')).toBe('nosniff');
  });

  test('the documentation loads what it needs under them', async () => {
    const page = await fetch(`${edge.url}/docs`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    const html = await page.text();
    const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^<]+)/g)].map(([, script]) => script?.trim());
    expect(inline.filter((script) => script)).toEqual([]);
    const sources = [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) expect((await fetch(new URL(source, `${edge.url}/docs`))).status).toBe(200);
  });
});
