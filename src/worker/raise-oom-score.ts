import { readFileSync, writeFileSync } from 'node:fs';

/** Of a thousand, which is all of the memory there is. */
const addition = 200;
const file = '/proc/self/oom_score_adj';

/**
 * Has the kernel end this process before others of its size where memory runs out: the agent starts another worker,
 * but nobody would start another agent on a box without a service manager. Without effect where /proc is not to be
 * written.
 */
export function raiseOomScore(): void {
  try {
    writeFileSync(file, String(Math.min(1000, Number(readFileSync(file, 'utf8')) + addition)));
  } catch {
    // Then the kernel judges by size alone.
  }
}
