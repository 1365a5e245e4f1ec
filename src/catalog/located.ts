import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { CatalogError } from './catalog-error.js';

export interface Position {
  readonly file: string;
  readonly line: number;
}

/** A value of a YAML file that knows where it stands, also after files were laid over each other. */
export type Located = LocatedMap | LocatedList | LocatedScalar;
type LocatedMap = { readonly at: Position; readonly map: ReadonlyMap<string, Located> };
type LocatedList = { readonly at: Position; readonly list: readonly Located[] };
type LocatedScalar = { readonly at: Position; readonly scalar: unknown };

/** Lists of these fields are laid over each other item by item, by `name`; any other list is replaced. */
const mergedByName: ReadonlySet<string> = new Set(['offerings', 'plans']);

export function parseYaml(text: string, file: string): Located {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined): Position => ({ file, line: lines.linePos(offset ?? 0).line });
  // What follows the first mistake is mostly the parser's confusion about it.
  const [mistake] = document.errors;
  if (mistake) throw new CatalogError([describe(lineAt(mistake.pos[0]), `is no YAML: ${mistake.message}`)]);

  const locate = (node: Node | null | undefined, at: Position): Located => {
    if (isAlias(node)) return locate(node.resolve(document), at);
    if (isMap<unknown, Node | null>(node)) {
      const entries = node.items.map(({ key, value }): [string, Located] => {
        const name = isScalar(key) ? String(key.value) : String(key);
        return [name, locate(value, isScalar(key) ? lineAt(key.range?.[0]) : at)];
      });
      return { at, map: new Map(entries) };
    }
    if (isSeq<Node | null>(node)) return { at, list: node.items.map((item) => locate(item, lineAt(item?.range?.[0]))) };
    return { at, scalar: isScalar(node) ? node.value : null };
  };
  return locate(document.contents, { file, line: 1 });
}

/** Maps are merged deep, a `null` takes a field away, anything else of `over` replaces what is under it. */
export function overlay(under: Located, over: Located): Located {
  if (!('map' in under) || !('map' in over)) return over;
  const map = new Map(under.map);
  for (const [name, value] of over.map) {
    const below = map.get(name);
    if ('scalar' in value && value.scalar === null) map.delete(name);
    else if (below === undefined) map.set(name, value);
    else map.set(name, mergedByName.has(name) ? overlayByName(below, value) : overlay(below, value));
  }
  return { at: over.at, map };
}

function overlayByName(under: Located, over: Located): Located {
  if (!('list' in under) || !('list' in over)) return over;
  const list = [...under.list];
  for (const item of over.list) {
    const index = list.findIndex((below) => nameOf(below) !== undefined && nameOf(below) === nameOf(item));
    const below = list[index];
    if (below === undefined) list.push(item);
    else if (isTakenAway(item)) list.splice(index, 1);
    else list[index] = overlay(below, item);
  }
  return { at: over.at, list };
}

const nameOf = (value: Located): unknown => scalarOf(value, 'name');

/** `offered: false` is to an item what `null` is to a field. */
const isTakenAway = (value: Located): boolean => scalarOf(value, 'offered') === false;

function scalarOf(value: Located, name: string): unknown {
  const child = field(value, name);
  return child && 'scalar' in child ? child.scalar : undefined;
}

export function field(value: Located, name: string): Located | undefined {
  return 'map' in value ? value.map.get(name) : undefined;
}

export function plain(value: Located): unknown {
  if ('map' in value) return Object.fromEntries([...value.map].map(([name, child]) => [name, plain(child)]));
  if ('list' in value) return value.list.map(plain);
  return value.scalar;
}

/** The value at `path`, or, where there is none, the nearest that would hold it. */
export function at(value: Located, path: readonly PropertyKey[]): Located {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const child = 'list' in value ? value.list[Number(first)] : field(value, String(first));
  return child === undefined ? value : at(child, rest);
}

export const positionOf = (value: Located, path: readonly PropertyKey[]): Position => at(value, path).at;

export const describe = (at: Position, problem: string): string => `${at.file}:${at.line}: ${problem}`;
