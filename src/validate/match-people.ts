/** Two people of two lists, by position. */
export interface PeoplePair {
  readonly first: number;
  readonly second: number;
  readonly oks: number;
}

/**
 * Pairs the people of two lists, the most alike first, each at most once, down to an OKS of `least`.
 * `similarity[i][j]` is the OKS of person i of the first list with person j of the second.
 */
export function matchPeople(similarity: readonly (readonly number[])[], least: number): PeoplePair[] {
  const candidates = similarity
    .flatMap((row, first) => row.map((oks, second): PeoplePair => ({ first, second, oks })))
    .filter(({ oks }) => oks >= least)
    .sort((a, b) => b.oks - a.oks);
  const taken = { first: new Set<number>(), second: new Set<number>() };
  return candidates.filter(({ first, second }) => {
    if (taken.first.has(first) || taken.second.has(second)) return false;
    taken.first.add(first);
    taken.second.add(second);
    return true;
  });
}
