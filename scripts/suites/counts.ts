import { notJudged } from '../coverage/where.js';
import type { Counts } from './suite.js';

function numberIn(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? 0);
}

/** GoogleTest's closing lines. Skipped tests are no longer among the passed. */
export function countGoogleTest(output: string): Counts | undefined {
  if (!/\[==========\] \d+ tests? from .* ran/.test(output)) return undefined;
  return {
    passed: numberIn(output, /\[ {2}PASSED {2}\] (\d+) tests?/),
    failed: numberIn(output, /\[ {2}FAILED {2}\] (\d+) tests?, listed/),
    skipped: numberIn(output, /\[ {2}SKIPPED \] (\d+) tests?, listed/),
  };
}

/** One check, skipped where its run could not judge. */
export function countCoverage(output: string): Counts {
  const skipped = output.includes(notJudged) ? 1 : 0;
  return { passed: 1 - skipped, failed: 0, skipped };
}

/** Why tests were skipped, in one line, the most frequent reason first: `12 x needs ffmpeg; 1 x needs root`. */
export function reasonsOfSkips(output: string): string {
  const counts = new Map<string, number>();
  // tap's, and what GoogleTest prints at the place of GTEST_SKIP.
  for (const [, tap, native] of output.matchAll(/# SKIP (.*)|: Skipped\n(.*)/g)) {
    const reason = (tap ?? native ?? '').trim();
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} x ${reason}`)
    .join('; ');
}

/** tap's closing line, as in `# { total: 12, pass: 11, fail: 1, skip: 1 }`. */
export function countTap(output: string): Counts | undefined {
  const line = [...output.matchAll(/^# \{ total: .* \}$/gm)].at(-1)?.[0];
  if (line === undefined) return undefined;
  return {
    passed: numberIn(line, /pass: (\d+)/),
    failed: numberIn(line, /fail: (\d+)/),
    skipped: numberIn(line, /skip: (\d+)/) + numberIn(line, /todo: (\d+)/),
  };
}
