/**
 * Measures subjects side by side: each once a round, in turn from the first and from the last, so that what changes on
 * the machine meanwhile meets all of them.
 * @returns what each round of each subject gave
 */
export async function interleave<Sample, Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, (round: number) => Promise<Sample>>>,
  say: (round: number, samples: Readonly<Record<Name, Sample>>) => void,
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  const names = Object.keys(subjects) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 0; round < rounds; round++) {
    const samples: Partial<Record<Name, Sample>> = {};
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await subjects[name](round);
      samples[name] = sample;
      taken[name].push(sample);
    }
    say(round, samples as Record<Name, Sample>);
  }
  return taken;
}
