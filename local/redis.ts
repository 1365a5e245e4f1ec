import { mkdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { writeWhole } from './files.js';
import type { Folders } from './folders.js';
import { ports } from './ports.js';
import type { Secrets } from './secrets.js';
import { type Decision, ensure } from './supervisor.js';

export function redisConfiguration(folders: Folders, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${ports.redis}`,
    `dir ${join(folders.state, 'redis')}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'appendonly yes',
    'save ""',
    'daemonize no',
    '',
  ].join('\n');
}

export function redisUrl(password: string): string {
  return `redis://:${password}@127.0.0.1:${ports.redis}`;
}

export async function ensureRedis(folders: Folders, { redisPassword }: Secrets): Promise<Decision> {
  const data = join(folders.state, 'redis');
  const file = join(folders.state, 'redis.conf');
  const configuration = redisConfiguration(folders, redisPassword);
  writeWhole(file, configuration);
  const daemon = {
    name: 'redis',
    program: '/usr/bin/redis-server',
    args: [file],
    configuration,
    ports: [{ host: '127.0.0.1', port: ports.redis }],
    isReady: () => ping(redisPassword),
  };
  mkdirSync(data, { recursive: true });
  try {
    return await ensure(folders, daemon, 15_000);
  } catch (error) {
    // The queue is delivery only: what an unreadable file held is delivered again from the store.
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    if (error instanceof Error && error.message.startsWith('port ')) throw error;
    return ensure(folders, daemon, 15_000);
  }
}

function ping(password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: ports.redis }, () => {
      socket.write(`AUTH ${password}\r\nPING\r\n`);
    });
    let answer = '';
    const end = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.includes('+PONG')) end(true);
      else if (answer.includes('-')) end(false);
    });
  });
}
