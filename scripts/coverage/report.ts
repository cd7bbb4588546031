import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import coverage, { type FileCoverageData, type Location, type Range } from 'istanbul-lib-coverage';
import { createContext } from 'istanbul-lib-report';
import { create } from 'istanbul-reports';
import type { MeasuredFile } from './measure.js';

/** Shares of what there is that ran. */
export interface Figures {
  branches: { covered: number; of: number };
  lines: { covered: number; of: number };
}

/** Figures of some files together. */
export function figuresOf(files: readonly MeasuredFile[]): Figures {
  const map = coverage.createCoverageMap({});
  for (const file of files) map.addFileCoverage(istanbulOf(file));
  const { branches, lines } = map.getCoverageSummary();
  return {
    branches: { covered: branches.covered, of: branches.total },
    lines: { covered: lines.covered, of: lines.total },
  };
}

/** The whole report: HTML to click through, text, and lcov for editors. */
export function writeReport(folder: string, files: readonly MeasuredFile[]): void {
  const coverageMap = coverage.createCoverageMap({});
  for (const file of files) coverageMap.addFileCoverage(istanbulOf(file));
  const context = createContext({ dir: folder, coverageMap });
  create('html').execute(context);
  create('text', { file: 'report.txt' }).execute(context);
  create('lcovonly', { file: 'lcov.info' }).execute(context);
}

function istanbulOf({ path, text, statements, functions, branches }: MeasuredFile): FileCoverageData {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const location = (offset: number): Location => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (starts[line] as number) };
  };
  const range = ({ start, end }: { start: number; end: number }): Range => ({
    start: location(start),
    end: location(end),
  });
  const numbered = <T>(values: readonly T[]): Record<string, T> => Object.fromEntries(Object.entries(values));
  return {
    path,
    statementMap: numbered(statements.map(range)),
    s: numbered(statements.map(({ count }) => count)),
    fnMap: numbered(
      functions.map((each) => ({
        name: each.name,
        decl: range(each),
        loc: range(each.body),
        line: location(each.start).line,
      })),
    ),
    f: numbered(functions.map(({ count }) => count)),
    branchMap: numbered(
      branches.map((branch) => ({
        loc: range(branch),
        type: branch.kind,
        locations: branch.outcomes.map((outcome) => range('of' in outcome ? outcome.of : branch)),
        line: location(branch.start).line,
      })),
    ),
    b: numbered(branches.map(({ counts }) => counts)),
  };
}

const percent = ({ covered, of }: Figures['lines']): string =>
  `${of === 0 ? '100.0' : ((100 * covered) / of).toFixed(1)} %`;

/** A row a room. */
export function tableOf(rows: readonly [string, Figures][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = (name: string, branches: string, lines: string): string =>
    `${name.padEnd(width)}  ${branches.padStart(9)}  ${lines.padStart(9)}`;
  return [
    line('coverage', 'branches', 'lines'),
    ...rows.map(([name, { branches, lines }]) => line(name, percent(branches), percent(lines))),
  ].join('\n');
}

/** The same for machines. */
export function writeFigures(file: string, rows: readonly [string, Figures][]): void {
  writeFileSync(join(file), `${JSON.stringify(Object.fromEntries(rows), undefined, 2)}\n`);
}
