import bcrypt from 'bcrypt';

/** A bcrypt hash as `htpasswd -B` or any bcrypt library writes it: version, cost, salt and digest. */
const pattern = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

export const leastCost = 4;
/** One more takes twice as long; at this one a check takes about a second. */
export const mostCost = 14;

/** The cost of a bcrypt hash: 2 to its power rounds; nothing where the text is none. */
export function costOf(text: string): number | undefined {
  const [, cost] = pattern.exec(text) ?? [];
  return cost === undefined ? undefined : Number(cost);
}

const workOf = (costs: readonly number[]): number => costs.reduce((work, cost) => work + 2 ** cost, 0);

/**
 * Costs of the hashes that a wrong password is compared with besides the user's own, so that it takes as much work for
 * every user, and for one that nobody knows: as much as for the user with the most.
 * @param own of the user's hashes
 * @param all of each user's
 */
export function paddingCosts(own: readonly number[], all: readonly (readonly number[])[]): readonly number[] {
  const missing = Math.max(0, ...all.map(workOf)) - workOf(own);
  // Each work is a sum of powers of two from the least cost on, and so is what is missing.
  return Array.from({ length: mostCost + 1 - leastCost }, (_, index) => leastCost + index).flatMap((cost) => {
    const times = cost === mostCost ? Math.floor(missing / 2 ** cost) : Math.floor(missing / 2 ** cost) % 2;
    return Array.from({ length: times }, () => cost);
  });
}

/** Off the event loop. The versions are one algorithm, and the library knows it by `2b` only. */
export function matchesHash(password: string, hash: string): Promise<boolean> {
  return bcrypt.compare(password, hash.replace(/^\$2[ay]\$/, '$2b$'));
}

/** As much work as a hash of this cost, for nothing. */
export async function workInVain(password: string, cost: number): Promise<void> {
  await bcrypt.compare(password, `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`);
}
