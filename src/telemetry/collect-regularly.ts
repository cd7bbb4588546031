import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all garbage every so many ms. Left to itself V8 waits until the old generation has grown by tens of
 * megabytes, which on a small box others could use, and which looks like a leak for an hour. Costs some milliseconds
 * each time. `afterwards` is called after each collection. Returns what ends it.
 */
export function collectRegularly(intervalMs: number, afterwards: () => void): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  const timer = setInterval(() => {
    void collect({ execution: 'async' }).then(afterwards);
  }, intervalMs).unref();
  return () => clearInterval(timer);
}
