import { field, type Located } from '../yaml/located.js';

/** Lists of these fields are laid over each other item by item, by `name`; any other list is replaced. */
const mergedByName: ReadonlySet<string> = new Set(['offerings', 'plans']);

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
