import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { absent } from './absent.js';

/** True where strace can trace a process of ours; else the test is skipped aloud. */
export function requireStrace(t: Pick<Test, 'pass' | 'fail'>): boolean {
  const { status, error, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (status === 0) return true;
  absent(t, `strace and the right to trace: ${error?.message ?? stderr.trim()}`);
  return false;
}
