import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './report.js';

interface Export {
  data: {
    files: {
      filename: string;
      summary: Record<'branches' | 'lines', { count: number; covered: number }>;
    }[];
  }[];
}

/** Figures of native/core from what `program` wrote below `folder`, and the report beside it; undefined where it wrote nothing. */
export function measureNative(program: string, folder: string): Figures | undefined {
  const raw = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.profraw')) : [];
  const merged = join(folder, 'merged.profdata');
  if (raw.length > 0) {
    execFileSync('llvm-profdata', [
      'merge',
      '-sparse',
      '-o',
      merged,
      ...raw.map((name) => join(folder, name)),
    ]);
    for (const name of raw) rmSync(join(folder, name));
  }
  if (!existsSync(merged) || !existsSync(program)) return undefined;
  const args = [program, `-instr-profile=${merged}`];
  execFileSync('llvm-cov', [
    'show',
    ...args,
    '-format=html',
    '-show-branches=count',
    `-output-dir=${folder}`,
  ]);
  const maxBuffer = 2 ** 28;
  const text = execFileSync('llvm-cov', ['export', ...args, '-summary-only'], {
    encoding: 'utf8',
    maxBuffer,
  });
  const figures = { branches: { covered: 0, of: 0 }, lines: { covered: 0, of: 0 } };
  for (const { summary } of (JSON.parse(text) as Export).data.flatMap(({ files }) => files)) {
    for (const kind of ['branches', 'lines'] as const) {
      figures[kind].covered += summary[kind].covered;
      figures[kind].of += summary[kind].count;
    }
  }
  return figures;
}
