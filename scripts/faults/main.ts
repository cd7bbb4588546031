import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countTap } from '../suites/counts.js';
import { root, runSuite, type SuiteResult } from '../suites/suite.js';
import { type FaultId, faults } from './faults.js';
import { describeFigure, type Figure, isMet } from './figure.js';

interface Row {
  figures: readonly Figure[];
  files: readonly SuiteResult[];
  /** That its own files took: one that serves several faults counts for the first. */
  seconds: number;
}

/** A file with the full counts ends by itself; this is for one that hangs. */
const limitSeconds = 3600;

/** Brings about the faults whose names are given, all without, and prints what was reached as a table. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { full: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const ids = Object.keys(faults) as FaultId[];
  const unknown = positionals.filter((id) => !ids.includes(id as FaultId));
  if (unknown.length > 0) {
    process.stderr.write(`no fault is called ${unknown.join(' or ')}; there are:\n  ${ids.join('\n  ')}\n`);
    process.exitCode = 2;
    return;
  }
  const chosen = positionals.length === 0 ? ids : ids.filter((id) => positionals.includes(id));
  const scale = values.full ? 'full' : 'tenth';
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const table = join(folder, 'figures.jsonl');
  writeFileSync(table, '');
  const results = new Map<string, SuiteResult>();
  const missed: FaultId[] = [];
  process.stdout.write('| fault | reached | seconds |\n| --- | --- | --- |\n');
  for (const id of chosen) {
    const begin = performance.now();
    const files: SuiteResult[] = [];
    for (const file of faults[id].tests) {
      if (process.stdout.isTTY) process.stdout.write(`  ${file} …\r`);
      // One file may bring about several faults.
      const result = results.get(file) ?? (await runFile(file, { scale, table }));
      results.set(file, result);
      files.push(result);
    }
    const figures = readFigures(table).filter(({ fault }) => fault === id);
    if (!tell(id, { figures, files, seconds: (performance.now() - begin) / 1000 })) missed.push(id);
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(`${chosen.length - missed.length} of ${chosen.length} faults survived\n`);
  if (missed.length > 0) {
    process.stdout.write(`MISSED: ${missed.join(', ')}; the output of every file is in build/logs/\n`);
    process.exitCode = 1;
  }
}

function runFile(file: string, { scale, table }: { scale: string; table: string }): Promise<SuiteResult> {
  return runSuite({
    name: `faults ${file}`,
    command: join(root, 'node_modules/.bin/tap'),
    args: ['--reporter=tap', '--jobs=1', `--timeout=${limitSeconds}`, `test/${file}`],
    env: { EDGE_POSE_FAULTS: scale, EDGE_POSE_FIGURES: table },
    count: countTap,
  });
}

function readFigures(table: string): Figure[] {
  const lines = readFileSync(table, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Figure);
}

/** Prints the row of one fault; true where nothing failed, was skipped or went unmeasured. */
function tell(id: FaultId, { figures, files, seconds }: Row): boolean {
  const failed = files.reduce((total, file) => total + file.failed, 0);
  const skipped = files.reduce((total, file) => total + file.skipped, 0);
  const reached = figures.map((figure) => `${isMet(figure) ? '' : 'MISSED: '}${describeFigure(figure)}`);
  if (figures.length === 0) reached.push('NOTHING MEASURED');
  if (failed > 0) reached.push(`${failed} checks FAILED`);
  if (skipped > 0) reached.push(`${skipped} checks SKIPPED`);
  process.stdout.write(`| ${faults[id].title} | ${reached.join('; ')} | ${Math.round(seconds)} |\n`);
  return failed === 0 && skipped === 0 && figures.length > 0 && figures.every(isMet);
}

await main();
