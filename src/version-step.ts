/**
 * How far one document or manifest may raise the highest version that was accepted. Time stamps in milliseconds fit
 * from the first one on (2^43 ms are 278 years), and counters anyway; no single one uses the numbers up.
 */
export const maxVersionStep = 2 ** 43;

/** The largest version that is taken after `last`, the highest that was accepted; 0 where there was none. */
export function largestVersion(last: number): number {
  return Math.min(last + maxVersionStep, Number.MAX_SAFE_INTEGER);
}
