/** What must never happen. */
export const sorts = ['lost', 'duplicated', 'orphaned'] as const;
export type Sort = (typeof sorts)[number];

export interface Finding {
  readonly sort: Sort;
  readonly text: string;
}

/**
 * What a list has too few or too many of.
 * @param surplus what it is where there are too many
 */
export function differences(
  what: string,
  actual: readonly string[],
  expected: readonly string[],
  surplus: Exclude<Sort, 'lost'> = 'duplicated',
): readonly Finding[] {
  const missing = without(expected, actual);
  const added = without(actual, expected);
  return [
    ...(missing.length > 0 ? [{ sort: 'lost' as const, text: `${what}: missing ${missing.join(', ')}` }] : []),
    ...(added.length > 0 ? [{ sort: surplus, text: `${what}: too many ${added.join(', ')}` }] : []),
  ];
}

function without(items: readonly string[], taken: readonly string[]): readonly string[] {
  const left = [...taken];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
