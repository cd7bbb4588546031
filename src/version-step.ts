/** Any version up to this one is taken at once: counters, and time stamps in milliseconds until the year 2248. */
const freeVersions = 2 ** 43;
/** Above that one document or manifest raises the highest version that was accepted by no more. */
const laterStep = 2 ** 20;

/**
 * The largest version that is taken after `last`, the highest that was accepted; 0 where there was none. To use the
 * numbers up takes more than 2^32 documents.
 */
export function largestVersion(last: number): number {
  return Math.min(Math.max(freeVersions, last + laterStep), Number.MAX_SAFE_INTEGER);
}
