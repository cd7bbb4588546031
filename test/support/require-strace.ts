import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

/**
 * True where strace can trace a process of ours. Where it cannot the test is skipped aloud, or fails under CI, which
 * always has it.
 */
export function requireStrace(t: Pick<Test, 'pass' | 'fail'>): boolean {
  const { status, error, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (status === 0) return true;
  const message = `needs strace and the right to trace: ${error?.message ?? stderr.trim()}`;
  if (process.env.CI === 'true') t.fail(message);
  else t.pass('strace', { skip: message });
  return false;
}
