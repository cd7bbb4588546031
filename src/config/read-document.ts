import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { AgentError } from '../errors.js';
import { readBoundedSync, unreadableReason } from '../read-bounded.js';
import type { ConfigPath } from './json-schema.js';

/** A configuration file as plain data. */
export interface ConfigDocument {
  readonly data: unknown;
  /** Line of the value at `path`, counted from 1, or of the nearest key above it that the file has. */
  lineOf(path: ConfigPath): number | undefined;
}

const maxBytes = 1024 * 1024;

/** The parser's own messages may quote the file, secrets included, so each code has words of ours. */
const syntaxErrors: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'a key stands there a second time',
  BAD_INDENT: 'the indentation does not fit the lines above',
  TAB_AS_INDENT: 'a tab indents the line; use spaces',
  MISSING_CHAR: 'a bracket, quote, colon or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a key spans several lines; a colon or quote is missing',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping stands where a simple value belongs; a quote or line break is missing',
  BAD_ALIAS: 'an alias is not allowed there or has no anchor',
  MULTIPLE_DOCS: 'a second document begins; one is allowed',
  TAG_RESOLVE_FAILED: 'a tag is not known',
  UNEXPECTED_TOKEN: 'something stands where it does not belong',
};

/**
 * Reads a YAML or JSON file of at most 1 MiB. A key given twice is an error.
 * Throws AgentError CONFIG_UNREADABLE, with the line where there is one; the message quotes nothing of the file.
 */
export function readDocument(path: string): ConfigDocument {
  return parseConfigText(readText(path), path);
}

/** As readDocument for a text at hand; `name` stands for it in messages. */
export function parseConfigText(text: string, name: string): ConfigDocument {
  const lines = new LineCounter();
  let document: ReturnType<typeof parseDocument>;
  let data: unknown;
  let problem: YAMLError | undefined;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    problem = document.errors[0] ?? document.warnings[0];
    data = problem === undefined ? document.toJS() : undefined;
  } catch {
    // Aliases that multiply without end, or brackets nested thousands deep. No cause: it might quote the text.
    throw new AgentError(
      'CONFIG_UNREADABLE',
      `${name} cannot be read: it is nested too deeply or repeats itself`,
    );
  }
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const reason = syntaxErrors[problem.code] ?? `it is no valid YAML or JSON there (${problem.code})`;
    throw new AgentError('CONFIG_UNREADABLE', `${name}, line ${line}, column ${col}: ${reason}`);
  }
  const lineOf = (keyPath: ConfigPath): number | undefined => {
    for (let length = keyPath.length; length > 0; length--) {
      const parts = keyPath
        .slice(0, length)
        .map((part) => (/^\d+$/.test(String(part)) ? Number(part) : part));
      const node = document.getIn(parts, true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return { data: data ?? {}, lineOf };
}

function readText(path: string): string {
  try {
    return readBoundedSync(path, maxBytes).toString('utf8');
  } catch (cause) {
    const message = `The configuration file ${path} ${unreadableReason(cause)}`;
    throw new AgentError('CONFIG_UNREADABLE', message, { cause });
  }
}
