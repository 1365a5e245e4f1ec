import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLogger, withLogFields } from '../../../src/observability/logger.js';

function written(work: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, next) {
      text += String(chunk);
      next();
    },
  });
  work(createLogger('info', stream as unknown as pino.DestinationStream));
  return text;
}

describe('the log', () => {
  it('carries the fields of what runs through every line', () => {
    const text = written((log) => withLogFields({ operation: 'op-1' }, () => log.info('a step')));
    expect(JSON.parse(text)).toMatchObject({ level: 'info', operation: 'op-1', msg: 'a step' });
  });

  it.each<[string, object]>([
    ['the command of a Redis error', { command: { name: 'auth', args: ['the-password'] } }],
    ['the options of a client', { options: { auth: { password: 'the-password' } } }],
    ['the headers of a request', { config: { headers: { Authorization: 'the-password' } } }],
    ['a known field that is an object', { request: { body: 'the-password' } }],
    ['what hangs on its cause', { cause: Object.assign(new Error('why'), { url: 'http://:the-password@host' }) }],
    ['errors that it holds', { errors: [Object.assign(new Error('one of them'), { pwd: 'the-password' })] }],
  ])('does not tell of an error %s, which may hold a password', (_, carried) => {
    const error = Object.assign(new Error('WRONGPASS'), { code: 'ECODE', ...carried });
    const told = written((log) => log.warn({ err: error }, 'Redis'));
    expect(JSON.parse(told).err).toMatchObject({ type: 'Error', code: 'ECODE' });
    expect(told).toContain('WRONGPASS');
    expect(told).not.toContain('the-password');
  });
});
