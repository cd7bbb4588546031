import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all garbage every so many ms. Left to itself V8 waits until the old generation has grown by tens of
 * megabytes, which on a small box others could use, and which looks like a leak for an hour. Costs some milliseconds
 * each time. Returns what ends it.
 */
export function collectRegularly(intervalMs: number): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  const timer = setInterval(() => void collect({ execution: 'async' }), intervalMs).unref();
  return () => clearInterval(timer);
}
