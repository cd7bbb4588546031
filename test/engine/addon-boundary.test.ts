import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { FaultId } from '../../scripts/faults/faults.js';
import { enginesUnderTest } from '../support/engines.js';
import { atScale, reached } from '../support/fault-figure.js';

const root = resolve(import.meta.dirname, '../..');
const script = resolve(import.meta.dirname, '../support/attack-addon.ts');
/** Calls of each function; sanitizers make each of them slow. */
const runs = Number(process.env.EDGE_POSE_ATTACKS ?? atScale({ few: 30, tenth: 1_000, full: 10_000 }));
const rounds = atScale({ few: 1, tenth: 4, full: 6 });
const timeLimitMs = atScale({ few: 300_000, tenth: 1_800_000, full: 7_200_000 });
const folder = mkdtempSync(join(tmpdir(), 'boundary-'));
t.teardown(() => rmSync(folder, { recursive: true }));

interface Report {
  calls: Record<string, number>;
  answers: { right: number; refused: number };
  grownMiB: number;
}

/** Attacks an addon in a process of its own, so that a crash is a failed test and no more. */
async function attack(addon: string, seed: number): Promise<{ report?: Report; ending: string }> {
  const caseFile = join(folder, `${addon}.txt`);
  const args = ['--import', 'tsx', script, addon, String(runs), String(seed), caseFile];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ATTACK_ROUNDS: String(rounds) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (code === 0)
    return { report: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report, ending: 'well' };
  const tried = existsSync(caseFile) ? readFileSync(caseFile, 'utf8') : 'nothing yet';
  return { ending: `ended with ${signal ?? code} at seed ${seed}, trying ${tried}\n${stderr.slice(-6_000)}` };
}

const fault = 'addon_boundary' as string as FaultId;
const addons = ['core', ...enginesUnderTest().map(({ name }) => name)];
for (const addon of addons) {
  t.test(
    `${addon}.node answers any call with a result or a clear error`,
    { timeout: timeLimitMs + 60_000 },
    async (t) => {
      const seed = Number(process.env.ATTACK_SEED ?? Math.floor(Math.random() * 2 ** 31));
      const { report, ending } = await attack(addon, seed);
      const failures = report === undefined ? 1 : 0;
      reached(t, { fault, what: `crashes and hangs of ${addon}.node`, value: failures, exactly: 0 });
      if (!t.equal(ending, 'well') || report === undefined) return;
      t.comment(JSON.stringify(report));
      const counts = Object.values(report.calls);
      t.ok(
        counts.length >= 3 && counts.every((count) => count >= runs),
        'every function was called that often',
      );
      t.ok(report.answers.right > 0 && report.answers.refused > 0, 'some calls are right and some are not');
      if (rounds < 3 || process.env.LD_PRELOAD !== undefined) return;
      const what = `growth of ${addon}.node by ${rounds - 2} more rounds`;
      reached(t, { fault, what, value: report.grownMiB, unit: 'MiB', atMost: 16 });
    },
  );
}
