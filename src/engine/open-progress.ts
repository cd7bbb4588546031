import type { NativeOpenProgress } from './binding.js';

/** How far the plan of a model's network is; `file` is the network's file without its folder. */
export type OpenProgress = NativeOpenProgress;

/** Before that a guess is off by a multiple. */
const leastFraction = 0.05;

/** The time a build still takes if it goes on as so far, ms; null where that cannot be told. */
export function remainingMs({
  fraction,
  elapsedMs,
}: Pick<OpenProgress, 'fraction' | 'elapsedMs'>): number | null {
  if (fraction === null || fraction < leastFraction) return null;
  return (elapsedMs * (1 - fraction)) / fraction;
}
