import type { Writable } from 'node:stream';

/** Its multiples are spread evenly, and follow no simple pattern. */
const goldenRatio = 0.618034;

export interface Pace {
  readonly intervalMs: number;
  readonly lateMs?: number | undefined;
  readonly kept?: number | undefined;
}

/**
 * Calls `send` with 0, 1, 2 … by the clock, the first at once, so that delays do not add up. What falls due while the
 * client does not take what it has is left out, as cameras do. `lateMs`: each of them is late by up to so much, which is
 * less than the interval. `kept`: so many more come with the first. Returns what ends it.
 */
export function sendPaced(
  to: Writable,
  { intervalMs, lateMs = 0, kept = 0 }: Pace,
  send: (index: number) => void,
): () => void {
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const due = (): number =>
    begun + Math.max(0, next - kept) * intervalMs + ((next * goldenRatio) % 1) * lateMs;
  const sendDue = (): void => {
    for (; due() <= performance.now(); next++) {
      if (!to.writableNeedDrain) send(next);
    }
    timer = setTimeout(sendDue, due() - performance.now());
  };
  sendDue();
  return () => clearTimeout(timer);
}
