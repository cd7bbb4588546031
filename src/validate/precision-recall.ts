import type { Verdict } from './match-picture.js';

/** 0, 0.01 … 1. */
const recallLevels = Array.from({ length: 101 }, (_, index) => (index === 100 ? 1 : index * 0.01));

/**
 * What a ranking is worth, best first: `recall` is the share of the `wanted` (at least 1) that is right, `precision`
 * the mean over 101 levels of recall of the best precision at that level or beyond, 0 where it is not reached.
 */
export function precisionRecall(
  ranking: readonly Verdict[],
  wanted: number,
): { precision: number; recall: number } {
  const counted = ranking.filter((verdict) => verdict !== 'ignored');
  let right = 0;
  const points = counted.map((verdict, index) => {
    if (verdict === 'right') right++;
    return { precision: right / (index + 1), recall: right / wanted };
  });
  let best = 0;
  for (const point of points.toReversed()) {
    best = Math.max(best, point.precision);
    point.precision = best;
  }
  let sum = 0;
  let next = 0;
  for (const level of recallLevels) {
    while (next < points.length && (points[next]?.recall as number) < level) next++;
    sum += points[next]?.precision ?? 0;
  }
  return { precision: sum / recallLevels.length, recall: right / wanted };
}
