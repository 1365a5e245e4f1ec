/** The name of a step without the numbers of members and shards in it: a metric has room for few names. */
export function stepLabel(step: string): string {
  return step.replace(/\d+/g, 'N');
}
