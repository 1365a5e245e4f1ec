import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Drain } from '../../src/drain.js';

const answerMilliseconds = 100;

let server: Server;
let drain: Drain;
let agent: Agent;
let asked: number;
beforeEach(async () => {
  asked = 0;
  server = createServer((_request, response) => {
    asked++;
    setTimeout(() => response.end('answered'), answerMilliseconds);
  });
  drain = new Drain(server);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

const port = () => (server.address() as AddressInfo).port;

/** The answer, and what it says of the connection. */
async function ask(at = port()): Promise<string | undefined> {
  const [response] = (await once(get({ port: at, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.headers.connection;
}

describe('a server that is drained', () => {
  test('answers what is under way, and ends the connection with it', async () => {
    const answer = ask();
    await once(server, 'request');
    drain.begin();
    await drain.end(true);
    expect(await answer).toBe('close');
  });

  test('ends a connection that is always busy', async () => {
    expect(await ask()).toBe('keep-alive');
    drain.begin();
    expect(await ask()).toBe('close');
    await drain.end(true);
    expect(asked).toBe(2);
  });

  test('listens until it is to end', async () => {
    const at = port();
    drain.begin();
    expect(await ask()).toBe('close');
    expect(await ask()).toBe('close');
    await drain.end(true);
    await expect(ask(at)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('answers what comes on a connection that was idle', async () => {
    const at = port();
    await ask();
    drain.begin();
    const ended = drain.end(true);
    await sleep(50);
    expect(await ask(at)).toBe('close');
    await ended;
    expect(asked).toBe(2);
  });

  test.each([
    ['at once, where nobody is waited for', false, 300],
    ['when its time is up', true, 3_000],
  ])('ends a connection that stays idle, and one that was never used: %s', async (_, isPatient, within) => {
    server.keepAliveTimeout = 500;
    await ask();
    const unused = connect(port(), '127.0.0.1');
    await once(server, 'connection');
    unused.on('error', () => undefined).resume();
    const began = performance.now();
    drain.begin();
    await drain.end(isPatient);
    expect(performance.now() - began).toBeLessThan(within);
    await once(unused, 'close');
  });
});
