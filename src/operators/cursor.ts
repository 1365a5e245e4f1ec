import type { Place } from '../store/operators.repository.js';

/** Names the last of a page, so that the next one begins after it. Opaque to whoever asks. */
export function cursorOf({ at, id }: Place): string {
  return Buffer.from(JSON.stringify([at.getTime(), id])).toString('base64url');
}

/** Nothing where the text is none. */
export function placeOf(cursor: string): Place | undefined {
  try {
    const [milliseconds, id]: readonly unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const at = new Date(typeof milliseconds === 'number' ? milliseconds : Number.NaN);
    return typeof id === 'string' && !Number.isNaN(at.getTime()) ? { at, id } : undefined;
  } catch {
    return undefined;
  }
}
