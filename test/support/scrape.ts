interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a process answers on `/metrics`. */
export class Scrape {
  readonly #samples: readonly Sample[];

  private constructor(
    readonly text: string,
    readonly milliseconds: number,
  ) {
    this.#samples = text.split('\n').flatMap((line) => parse(line) ?? []);
  }

  /** @throws where it is not answered with 200 */
  static async of(url: string): Promise<Scrape> {
    const began = performance.now();
    const response = await fetch(`${url}/metrics`);
    if (response.status !== 200) throw new Error(`GET /metrics answered ${response.status}`);
    return new Scrape(await response.text(), performance.now() - began);
  }

  /** Sum of the samples of a name that have these labels; nothing where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.#samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }
}

function parse(line: string): Sample | undefined {
  const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}
