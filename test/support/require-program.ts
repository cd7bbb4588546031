import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { absent } from './absent.js';

/** True where `program --version` prints a text that `accepts`; else the test is skipped aloud. */
export function requireProgram(
  t: Pick<Test, 'pass' | 'fail'>,
  { program, needs, accepts = () => true }: RequiredProgram,
): boolean {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status === 0 && accepts(stdout)) return true;
  absent(t, needs);
  return false;
}

export interface RequiredProgram {
  program: string;
  /** What to install, in words. */
  needs: string;
  accepts?: (version: string) => boolean;
}
