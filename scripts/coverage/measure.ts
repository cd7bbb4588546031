import { readFileSync } from 'node:fs';
import { type SourceMapInput, TraceMap } from '@jridgewell/trace-mapping';
import { type Branch, type Outcome, outlineOf, type Span } from './outline.js';
import type { ScriptReport } from './process-reports.js';
import { Runs } from './runs.js';

export interface MeasuredBranch extends Branch {
  /** How often each outcome came. */
  counts: number[];
}

/** A source file, and how often its parts ran in all of its compiled forms together. */
export interface MeasuredFile {
  path: string;
  text: string;
  statements: (Span & { count: number })[];
  functions: (Span & { name: string; body: Span; count: number })[];
  branches: MeasuredBranch[];
}

/** What ran of source files. Those that no process loaded have run nowhere. */
export function measure(paths: readonly string[], reports: readonly ScriptReport[]): MeasuredFile[] {
  const forms = new Map<string, { map: TraceMap; report: ScriptReport }[]>();
  for (const report of reports) {
    const map = new TraceMap(report.map as SourceMapInput, report.url);
    const path = new URL(map.resolvedSources[0] as string).pathname;
    forms.set(decodeURI(path), [...(forms.get(decodeURI(path)) ?? []), { map, report }]);
  }
  return paths.map((path) => {
    const text = readFileSync(path, 'utf8');
    const runs = (forms.get(path) ?? []).map(
      ({ map, report: { lineLengths, functions } }) => new Runs({ map, lineLengths, functions }, text),
    );
    return measureFile(path, text, runs);
  });
}

function measureFile(path: string, text: string, runs: readonly Runs[]): MeasuredFile {
  const sum = (count: (form: Runs) => number | undefined): number =>
    runs.reduce((total, form) => total + (count(form) ?? 0), 0);
  const counted = <T extends Span>(span: T): T & { count: number } => ({
    ...span,
    count: sum((form) => form.count(span)),
  });
  const outline = outlineOf(text, path);
  return {
    path,
    text,
    statements: outline.statements.map(counted),
    functions: outline.functions.map((each) => ({ ...each, count: sum((form) => form.count(each.body)) })),
    branches: outline.branches.map((branch) => ({
      ...branch,
      counts: branch.outcomes.map((outcome) => sum((form) => countOf(form, outcome))),
    })),
  };
}

/** V8 counts blocks: where there is none, as for an if without else, what was entered is taken off what was asked. */
function countOf(form: Runs, outcome: Outcome): number | undefined {
  if ('of' in outcome) return form.count(outcome.of);
  const whole = form.count(outcome.whole);
  const instead = form.count(outcome.instead);
  return whole === undefined || instead === undefined ? undefined : Math.max(0, whole - instead);
}
