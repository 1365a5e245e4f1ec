interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Whoever comes while work is under way shares the next one: under load a piece of work is for many, and otherwise for one. */
export class Batches<Item> {
  #waiting: Waiting<Item>[] = [];
  #underWay = 0;

  /**
   * @param work tells of each item how it went; what it throws is so for all
   * @param most items of one piece of work
   * @param atOnce pieces of work
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<unknown>[]>,
    private readonly most: number,
    private readonly atOnce: number,
  ) {}

  /** Ends when the item is done. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#underWay === this.atOnce || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, this.most);
    this.#underWay++;
    void this.#run(batch).finally(() => {
      this.#underWay--;
      this.#begin();
    });
  }

  async #run(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      const results = await this.work(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index];
        if (result?.status === 'rejected') reject(result.reason);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
