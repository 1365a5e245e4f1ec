import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { FileError } from './file-error.js';

export interface Position {
  readonly file: string;
  readonly line: number;
}

/** A value of a YAML file that knows where it stands, also after files were laid over each other. */
export type Located = LocatedMap | LocatedList | LocatedScalar;
type LocatedMap = { readonly at: Position; readonly map: ReadonlyMap<string, Located> };
type LocatedList = { readonly at: Position; readonly list: readonly Located[] };
type LocatedScalar = { readonly at: Position; readonly scalar: unknown };

export function parseYaml(text: string, file: string): Located {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined): Position => ({ file, line: lines.linePos(offset ?? 0).line });
  // What follows the first mistake is mostly the parser's confusion about it.
  const [mistake] = document.errors;
  if (mistake) throw new FileError([describe(lineAt(mistake.pos[0]), `is no YAML: ${mistake.message}`)]);

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
