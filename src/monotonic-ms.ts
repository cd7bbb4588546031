/** Milliseconds on the machine's monotonic clock: the same in every process, where performance.now() counts from
 *  the start of its own. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
