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

  it('does not tell the command of a Redis error, which may hold the password', () => {
    const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['the-password'] } });
    const text = written((log) => log.warn({ err: error }, 'Redis'));
    expect(text).toContain('WRONGPASS');
    expect(text).not.toContain('the-password');
  });
});
