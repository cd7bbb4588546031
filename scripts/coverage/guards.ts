import type { MeasuredFile } from './measure.js';

/**
 * What guards state: a branch of these files that nobody has seen taken is a way to lose a configuration or a model. Each is reached by
 * a test, or a comment above it says why none does: `// uncovered: the reason`.
 */
export const guards: readonly RegExp[] = [
  /^src\/(config|models|mqtt|agent)\/[a-z-]*store(-[a-z-]+)?\.ts$/,
  /^src\/(config|models|mqtt|agent)\/stored-[a-z-]+\.ts$/,
  /^src\/(config|models|mqtt|agent)\/judge-[a-z-]+\.ts$/,
  /^src\/(config|models|mqtt|agent)\/([a-z-]+-)?slots(-[a-z-]+)?\.ts$/,
  /^src\/models\/fetch-guard\.ts$/,
  /^src\/models\/http-get\.ts$/,
  /^src\/mqtt\/command-receiver\.ts$/,
  /^src\/agent\/remote-config\.ts$/,
  /^src\/agent\/model-updates\.ts$/,
];

export interface GuardFindings {
  /** Branches that no test takes and nobody explains, as `file:line: what`. */
  unexplained: string[];
  /** Explanations above a line without a branch. */
  idle: string[];
  explained: number;
}

/** `files` are those of the guards, with paths relative to the repository. */
export function judgeGuards(files: readonly MeasuredFile[]): GuardFindings {
  const findings: GuardFindings = { unexplained: [], idle: [], explained: 0 };
  for (const { path, text, branches } of files) {
    const lines = text.split('\n');
    const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
    const withBranch = new Set<number>();
    for (const { start, kind, outcomes, counts } of branches) {
      for (const [index, outcome] of outcomes.entries()) {
        const places = [start, 'of' in outcome ? outcome.of.start : outcome.instead.start].map(lineOf);
        for (const line of places) withBranch.add(line);
        if (counts[index] !== 0) continue;
        if (places.some((line) => explanationAbove(lines, line))) findings.explained++;
        else findings.unexplained.push(`${path}:${places[0]}: ${kind}, ${outcome.label}`);
      }
    }
    for (const [index, line] of lines.entries()) {
      if (!isExplanation(line)) continue;
      const explained = nextCodeLine(lines, index + 1);
      if (!withBranch.has(explained + 1)) findings.idle.push(`${path}:${index + 1}`);
    }
  }
  return findings;
}

function isExplanation(line: string | undefined): boolean {
  return /^\s*\/\/ uncovered: \S/.test(line ?? '');
}

/** Comments stand above the line, and may have several. Lines are counted from 1. */
function explanationAbove(lines: readonly string[], line: number): boolean {
  for (let index = line - 2; /^\s*\/\//.test(lines[index] ?? ''); index--) {
    if (isExplanation(lines[index])) return true;
  }
  return false;
}

function nextCodeLine(lines: readonly string[], from: number): number {
  let index = from;
  while (/^\s*\/\//.test(lines[index] ?? '')) index++;
  return index;
}
