export type Say = (line: string) => void;

/** Runs one phase of the set-up and says in one line what it did and how long that took. */
export async function phase(say: Say, name: string, work: () => Promise<string> | string): Promise<void> {
  const start = performance.now();
  const what = await work();
  say(`[local] ${name}: ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
