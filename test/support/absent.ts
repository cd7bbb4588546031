import type { Test } from 'tap';

/** Whoever has everything that the tests use says so, and then hears of what is missing after all. */
const mustBeHere = process.env.EDGE_POSE_REQUIRE_PROGRAMS === '1';

/** Skips a test aloud that needs a program, a package or a right which is absent, or fails it where it must be there. */
export function absent(t: Pick<Test, 'pass' | 'fail'>, needs: string): undefined {
  if (mustBeHere) t.fail(`needs ${needs}`);
  else t.pass('skipped', { skip: `needs ${needs}` });
}

/** The same as an option of a test: `t.test(name, { skip: skipWithout(isHere, 'ffmpeg') }, ...)`. */
export function skipWithout(isHere: boolean, needs: string): string | false {
  return !isHere && !mustBeHere && `needs ${needs}`;
}
