import fc from 'fast-check';

const sides = 2 ** 31;

/** Chance that comes out the same for the same seed. */
export class Dice {
  readonly #numbers: fc.Stream<number>;

  constructor(seed: number) {
    const numbers = fc.infiniteStream(fc.nat(sides - 1), { noHistory: true });
    const [stream] = fc.sample(numbers, { seed, numRuns: 1, unbiased: true });
    if (!stream) throw new Error('fast-check gave no numbers');
    this.#numbers = stream;
  }

  /** From 0 to 1, which it never reaches. */
  number(): number {
    return this.#numbers.next().value / sides;
  }

  chance(share: number): boolean {
    return this.number() < share;
  }

  between(least: number, most: number): number {
    return least + this.number() * (most - least);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.number() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** One of the keys, by their weights. */
  weighted<Key extends string>(weights: Readonly<Partial<Record<Key, number>>>): Key {
    const entries = Object.entries(weights) as [Key, number][];
    let left = this.number() * entries.reduce((total, [, weight]) => total + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error('there is nothing to pick from');
  }
}
