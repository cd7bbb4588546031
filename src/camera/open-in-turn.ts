import { setTimeout as sleep } from 'node:timers/promises';

/** Settles, and never fails, when the last opening that was asked for is over. */
let last: Promise<unknown> = Promise.resolve();

/** Timers that are due run within it; a turn of setImmediate() would come before them. */
const pauseMs = 10;

/**
 * Opens one camera at a time in this process. OpenCV opens on the calling thread: several openings on end would keep the
 * heart beat from the supervisor, which takes the worker for hung. What opens must not ask for a turn itself.
 */
export function openInTurn<T>(open: () => Promise<T>): Promise<T> {
  const opening = last.then(open);
  const pause = (): Promise<void> => sleep(pauseMs);
  last = opening.then(pause, pause);
  return opening;
}
