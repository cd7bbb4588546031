import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ProcessReports } from '../coverage/process-reports.js';
import { processReports, runsFile, skipsFile } from '../coverage/where.js';
import { reasonsOfSkips } from './counts.js';

export const root = resolve(import.meta.dirname, '../..');
const logs = join(root, 'build/logs');
/** Tests run the sources, and the agent as it is built. */
const measuredRooms = ['src', 'dist'].map((room) => join(root, room));

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One suite: a program, and how its output is counted. */
export interface Suite {
  name: string;
  command: string;
  args: string[];
  /** Beside the environment of this process; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** True where what it prints is shown even if all is well. */
  shown?: boolean;
  /** True where it is measured what of src runs in its processes. */
  measured?: boolean;
  /** Counts of what ran; undefined where the output holds none. A program that fails counts at least one failure. */
  count: (output: string) => Counts | undefined;
}

export interface SuiteResult extends Counts {
  output: string;
  log: string;
  seconds: number;
}

/** For programs that only succeed or fail. */
export function oneCheck(): Counts {
  return { passed: 1, failed: 0, skipped: 0 };
}

/** Runs a suite with its output in a log file, and counts. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  const started = performance.now();
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `suite-${suite.name.replaceAll(/[^a-z0-9]+/gi, '-')}.log`);
  const reports = suite.measured ? new ProcessReports(processReports, measuredRooms) : undefined;
  const child = spawn(suite.command, suite.args, {
    cwd: root,
    env: { ...process.env, ...suite.env, ...(reports && { NODE_V8_COVERAGE: reports.folder }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { output, code } = await collect(child, log);
  if (reports !== undefined) {
    reports.finish(runsFile);
    writeFileSync(skipsFile, reasonsOfSkips(output));
  }
  const counts = suite.count(output);
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 };
  return {
    passed: code === 0 ? passed : counts && failed > 0 ? passed : 0,
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped,
    output,
    log,
    seconds: (performance.now() - started) / 1000,
  };
}

function collect(child: ChildProcess, log: string): Promise<{ output: string; code: number }> {
  return new Promise((resolve) => {
    const file = createWriteStream(log);
    let output = '';
    const add = (chunk: Buffer): void => {
      output += chunk.toString();
      file.write(chunk);
    };
    child.stdout?.on('data', add);
    child.stderr?.on('data', add);
    child.on('error', (error) => add(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => file.end(() => resolve({ output, code: code ?? 1 })));
  });
}
