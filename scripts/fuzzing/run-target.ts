import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { sanitizerOptions } from '../suites/sanitizers.js';
import { unpackCorpus } from './corpus.js';
import type { FuzzTarget } from './targets.js';

export interface FuzzResult {
  target: FuzzTarget;
  runs: number;
  /** Inputs that each reach something of their own. */
  corpus: number;
  /** Edges of the program that were reached. */
  coverage: number;
  /** Files of inputs that failed. */
  found: readonly string[];
  /** The program's last words, where it could not even run. */
  trouble?: string;
}

/** As in `#30000 NEW cov: 560 ft: 2793 corp: 510/40Kb lim: 309 …`. */
const status = /#(\d+)\s+\w+\s+cov: (\d+) ft: \d+ corp: (\d+)\//;
/** A target that fails again and again is known to fail. */
const mostFindings = 5;

/**
 * Fuzzes for so many seconds, from the repository's corpus and what was grown here before. A target that fails goes on
 * afterwards with the rest of its time. `tell` is called with each line of what was reached.
 */
export async function runTarget(
  target: FuzzTarget,
  seconds: number,
  tell: (result: FuzzResult) => void,
): Promise<FuzzResult> {
  unpackCorpus(target);
  for (const folder of [target.grown, dirname(target.findings)]) mkdirSync(folder, { recursive: true });
  const before = findingsOf(target);
  const result: FuzzResult = { target, runs: 0, corpus: 0, coverage: 0, found: [] };
  const end = performance.now() + seconds * 1000;
  for (let failures = 0; failures < mostFindings; failures++) {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) break;
    const ended = await runOnce(target, left, result, tell);
    result.found = findingsOf(target).filter((file) => !before.includes(file));
    tell(result);
    if (ended.code === 0) break;
    if (result.found.length > failures) continue;
    // It ended otherwise, or an input of its own corpus fails again and again.
    if (failures === 0) result.trouble = ended.lastWords;
    break;
  }
  return result;
}

/** An input that was slow on a busy machine is none. */
function findingsOf({ findings }: FuzzTarget): string[] {
  return readdirSync(dirname(findings)).filter(
    (file) => file.startsWith(basename(findings)) && !file.includes('-slow-unit-'),
  );
}

async function runOnce(
  { program, grown, seeds, findings }: FuzzTarget,
  seconds: number,
  result: FuzzResult,
  tell: (result: FuzzResult) => void,
): Promise<{ code: number; lastWords: string }> {
  const limits = [`-max_total_time=${seconds}`, '-timeout=25', '-rss_limit_mb=2048'];
  const child = spawn(program, [grown, seeds, ...limits, `-artifact_prefix=${findings}`], {
    env: { ...process.env, ...sanitizerOptions },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const runsBefore = result.runs;
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4_000);
    const [, runs, coverage, corpus] =
      text
        .split('\n')
        .map((line) => status.exec(line))
        .findLast(Boolean) ?? [];
    if (runs === undefined) return;
    result.runs = runsBefore + Number(runs);
    result.coverage = Math.max(result.coverage, Number(coverage));
    result.corpus = Number(corpus);
    tell(result);
  });
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      lastWords = error.message;
      resolve(127);
    });
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  return { code, lastWords };
}
