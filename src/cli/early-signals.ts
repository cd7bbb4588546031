/** First import of the program: a signal that comes while the rest is still being loaded must not be lost. */

type Signal = 'SIGTERM' | 'SIGINT';

let pending: Signal | undefined;
let listener: ((signal: Signal) => void) | undefined;
const waits = process.argv[2] === 'run';

function receive(signal: Signal): void {
  if (listener) listener(signal);
  else if (waits) pending ??= signal;
  else process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
}

process.on('SIGTERM', receive);
process.on('SIGINT', receive);

/** `handle` is called for every SIGTERM and SIGINT from now on, and at once for one that already came. */
export function onStopSignal(handle: (signal: Signal) => void): void {
  listener = handle;
  if (pending) handle(pending);
}
