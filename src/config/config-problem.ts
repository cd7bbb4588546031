import { AgentError } from '../errors.js';
import { type ConfigPath, schemaAt } from './json-schema.js';
import { hidden, redactText } from './redact-config.js';

/** One thing that is wrong with a configuration. Holds no secret. */
export interface ConfigProblem {
  /** Dotted, like cameras.0.width; an environment variable or flag where that itself is not known; '' for the whole. */
  path: string;
  expected: string;
  found: string;
  /** File and line, environment variable or flag that the value came from. */
  from?: string | undefined;
}

/** Of a message; nobody reads more. */
const maxLines = 64;

/** Lists the problems of a configuration. Code CONFIG_INVALID. */
export class ConfigInvalidError extends AgentError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.slice(0, maxLines).map(({ path, expected, found, from }) => {
      const origin = from === undefined ? '' : ` (${from})`;
      return `${path === '' ? 'the whole configuration' : path}: expected ${expected}, found ${found}${origin}`;
    });
    const more = problems.length - lines.length;
    if (more > 0) lines.push(`and ${more} more`);
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super('CONFIG_INVALID', `The configuration has ${count}:\n  ${lines.join('\n  ')}`);
    this.problems = problems;
  }
}

/** Completes "found …" for the value at `path`: its kind, and the value itself where it is short and no secret. */
export function describeFound(value: unknown, path: ConfigPath): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length} ${value.length === 1 ? 'entry' : 'entries'}`;
  if (typeof value === 'object') return 'a mapping';
  const node = schemaAt(path);
  const kind =
    { string: 'the text', number: 'the number', boolean: 'the value' }[typeof value as string] ?? 'a';
  if (node?.['x-secret'] === true) return hidden;
  // A text where a mapping belongs is often a whole address or a password given one level too high.
  if (typeof value === 'string' && (node?.type === 'object' || node?.type === 'array')) return 'a text';
  if (typeof value === 'string' && value.length > longestShown) return `a text of ${value.length} characters`;
  const shown = typeof value === 'string' ? JSON.stringify(shorten(redactText(value))) : String(value);
  const quote = typeof value !== 'string' && node?.type === 'string' && node.enum === undefined;
  return `${kind} ${shown}${quote ? ` (write it in quotes: "${shown}")` : ''}`;
}

/** No key takes a longer text; of one nobody wants to see the beginning. */
const longestShown = 8192;

/** For a message: control characters are left to JSON.stringify, length is not. */
export function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A path for a message: parts of any length and with any characters are made fit to be shown. */
export function dottedPath(path: ConfigPath): string {
  return path.map((part) => shorten(String(part).replace(/[^\x20-\x7e]/g, '?'))).join('.');
}
