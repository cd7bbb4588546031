import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { guards, judgeGuards } from './guards.js';
import { type MeasuredFile, measure } from './measure.js';
import { measureNative } from './native.js';
import type { ScriptReport } from './process-reports.js';
import { type Figures, figuresOf, tableOf, writeFigures, writeReport } from './report.js';
import { coverageFolder, nativeProfiles, notJudged, runsFile, skipsFile } from './where.js';

const root = resolve(import.meta.dirname, '../..');

function sourceFiles(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, 'src', name))
    .sort();
}

function roomOf(path: string): string {
  const [top, room, rest] = relative(root, path).split('/') as [string, string, string?];
  return rest === undefined ? top : `${top}/${room}`;
}

/** Prints a row a room, writes the reports, and fails where a branch of what guards state is neither covered nor explained. */
function main(): void {
  if (!existsSync(runsFile) || !existsSync(skipsFile)) {
    process.stderr.write('nothing was measured yet: the suite TypeScript does, run it first\n');
    process.exitCode = 1;
    return;
  }
  const reports = JSON.parse(readFileSync(runsFile, 'utf8')) as ScriptReport[];
  const files = measure(sourceFiles(), reports).filter(({ statements }) => statements.length > 0);
  const rooms = [...new Set(files.map(({ path }) => roomOf(path)))].sort();
  const rows: [string, Figures][] = rooms.map((room) => [
    room,
    figuresOf(files.filter(({ path }) => roomOf(path) === room)),
  ]);
  rows.push(['src, all of it', figuresOf(files)]);
  const guarding: MeasuredFile[] = files
    .map((file) => ({ ...file, path: relative(root, file.path) }))
    .filter(({ path }) => guards.some((pattern) => pattern.test(path)));
  rows.push(['what guards state', figuresOf(guarding)]);
  const native = measureNative(join(root, 'build/asan/native/test/pose_tests'), nativeProfiles);
  if (native !== undefined) rows.push(['native/core', native]);
  writeReport(coverageFolder, files);
  writeFigures(join(coverageFolder, 'figures.json'), rows);
  process.stdout.write(`${tableOf(rows)}\nfile by file: ${relative(root, coverageFolder)}/index.html\n`);

  const { unexplained, idle, explained } = judgeGuards(guarding);
  process.stdout.write(
    `${explained} branches of what guards state are explained, ${unexplained.length} are not\n`,
  );
  for (const place of unexplained) process.stdout.write(`not covered and not explained: ${place}\n`);
  for (const place of idle) process.stdout.write(`an explanation without a branch: ${place}\n`);
  // A machine without strace or golden data cannot run the tests that reach some of them.
  const skips = readFileSync(skipsFile, 'utf8');
  const { EDGE_POSE_REQUIRE_SHARED: data, EDGE_POSE_REQUIRE_PROGRAMS: programs } = process.env;
  if (skips !== '' && !(data === '1' && programs === '1'))
    process.stdout.write(`${notJudged}, because tests were skipped: ${skips}\n`);
  else if (unexplained.length > 0 || idle.length > 0) process.exitCode = 1;
}

main();
