import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { FileError } from '../yaml/file-error.js';
import { describe, field, type Located, parseYaml, plain } from '../yaml/located.js';
import { overlay } from './overlay.js';

/** The file, laid over the one that its `extends` names, which may extend another. */
export function readSource(file: string, extendedBy: readonly string[] = []): Located {
  const path = resolve(file);
  const shown = relative('.', path).startsWith('..') ? path : relative('.', path);
  if (extendedBy.includes(path)) throw new FileError([`${shown}:1: extends itself`]);
  const located = parseYaml(readText(path, shown), shown);
  const base = field(located, 'extends');
  if (base === undefined) return located;
  const basePath = plain(base);
  if (typeof basePath !== 'string') {
    throw new FileError([describe(base.at, 'extends must be the path of a catalog file')]);
  }
  return overlay(readSource(resolve(dirname(path), basePath), [...extendedBy, path]), without(located, 'extends'));
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FileError([`${shown}:1: cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function without(located: Located, name: string): Located {
  return 'map' in located ? { ...located, map: new Map([...located.map].filter(([key]) => key !== name)) } : located;
}
