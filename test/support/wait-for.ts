import { setTimeout as delay } from 'node:timers/promises';

/** Polls until the condition holds; throws after `timeoutMs`, naming what was waited for. Returns the ms it took. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(10);
  }
  return performance.now() - start;
}
