import { exitCodeOf, exitCodesText } from '../../src/cli/exit-codes.js';
import { type ErrorCode, errorRegistry } from '../../src/errors.js';
import type { FragmentMaker } from './fragments.js';
import { prose } from './markdown.js';

/** The generated part of docs/errors.md. */
export const errorFragments: Readonly<Record<string, FragmentMaker>> = {
  codes: () =>
    exitCodeMeanings()
      .map(([exitCode, meaning]) => ({
        title: `## Exit code ${exitCode}: ${meaning}`,
        codes: codesWith(exitCode),
      }))
      .filter(({ codes }) => codes.length > 0)
      .map(({ title, codes }) => [title, ...codes.map(errorText)].join('\n\n'))
      .join('\n\n'),
};

function codesWith(exitCode: number): ErrorCode[] {
  return (Object.keys(errorRegistry) as ErrorCode[]).filter((code) => exitCodeOf(code) === exitCode);
}

function errorText(code: ErrorCode): string {
  const { cause, remedy } = errorRegistry[code];
  return `### ${code}\n\n${prose(cause)}\n\n**What to do:** ${prose(remedy)}`;
}

/** Exit codes with their meanings, from the text that --help prints. */
function exitCodeMeanings(): [number, string][] {
  return [...exitCodesText.matchAll(/^ +(\d+) +(.+)$/gm)].map(([, exitCode, meaning]) => [
    Number(exitCode),
    meaning as string,
  ]);
}
