import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from '../command.js';
import { hashOf } from '../hash.js';
import type { ImageRecipe } from './recipes.js';

export const redisImage = 'localhost/holdfast/redis:7';

const program = '/usr/bin/redis-server';
const settings = { Cmd: ['redis-server'], User: '999:999', WorkingDir: '/data' };

/** Redis as this machine has it, with the libraries that it is linked with. */
export function redisImageRecipe(): ImageRecipe {
  return {
    name: redisImage,
    hash: hashOf(redisImage, settings, readFileSync(program, 'base64')),
    settings,
    fill: async (empty) => {
      for (const file of [program, ...librariesIn(await command('ldd', [program]))]) {
        mkdirSync(join(empty, dirname(file)), { recursive: true });
        copyFileSync(file, join(empty, file));
      }
      mkdirSync(join(empty, 'data'));
      return empty;
    },
  };
}

/** Paths in what `ldd` prints: `name => path (address)`, or of the loader `path (address)`. */
export function librariesIn(listing: string): string[] {
  return [...listing.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path]) => path ?? '');
}
