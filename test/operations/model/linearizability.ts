/**
 * Whether what was seen from outside can be explained: is there an order of instants, one that agrees with the times at
 * which everything began and ended, in which a sequential model gives just these answers? After Wing and Gong, "Testing
 * and Verifying Concurrent Objects" (1993), with Lowe's memory of what was tried.
 */

/** What happened between two moments, at an instant that nobody knows; or at two, as `Explained.left` says. */
export interface Happening<What> {
  readonly what: What;
  readonly from: number;
  readonly until: number;
}

export interface Explained<State> {
  readonly state: State;
  /** Of a happening that takes a second instant: what it saw in the first. */
  readonly left?: string;
}

export interface Model<State, What> {
  readonly initial: State;
  /**
   * Every way in which `what` can take place in `state`: none where the model has another answer.
   * @param left of the first instant, where this is the second
   */
  explain(state: State, what: What, left: string | undefined): readonly Explained<State>[];
}

export interface Verdict<What> {
  readonly isExplained: boolean;
  /** The order that explains everything, or the longest that explains some of it. */
  readonly order: readonly What[];
  /** What the longest order cannot go on with. */
  readonly unexplained: readonly What[];
}

type Progress = 'not begun' | 'over' | { readonly left: string };

/** A history that takes more than this is too wild for a test. */
const mostTried = 300_000;

export function explain<State, What>(model: Model<State, What>, history: readonly Happening<What>[]): Verdict<What> {
  const tried = new Set<string>();
  let longest: readonly number[] = [];

  const visit = (state: State, progress: readonly Progress[], order: readonly number[]): boolean => {
    if (order.length > longest.length) longest = order;
    if (progress.every((each) => each === 'over')) return true;
    const key = JSON.stringify([state, progress]);
    if (tried.has(key)) return false;
    tried.add(key);
    if (tried.size > mostTried) throw new Error(`a history of ${history.length} happenings has too many orders`);
    return possible(history, progress).some((index) => {
      const happening = history[index];
      const so = progress[index];
      if (!happening || so === undefined) return false;
      const left = typeof so === 'object' ? so.left : undefined;
      return model.explain(state, happening.what, left).some((next) => {
        const after: Progress = next.left === undefined ? 'over' : { left: next.left };
        return visit(next.state, progress.with(index, after), [...order, index]);
      });
    });
  };

  const isExplained = visit(
    model.initial,
    history.map(() => 'not begun'),
    [],
  );
  const at = (indexes: readonly number[]) => indexes.flatMap((index) => history[index]?.what ?? []);
  const rest = history.flatMap(({ what }, index) => (longest.includes(index) ? [] : [what]));
  return { isExplained, order: at(longest), unexplained: rest };
}

/** What may have its instant next: nothing that has not happened yet had ended before it began. */
function possible(history: readonly Happening<unknown>[], progress: readonly Progress[]): readonly number[] {
  const open = [...progress.keys()].filter((index) => progress[index] !== 'over');
  const firstEnd = Math.min(...open.map((index) => history[index]?.until ?? Number.POSITIVE_INFINITY));
  return open.filter((index) => (history[index]?.from ?? 0) <= firstEnd);
}
