import { type core, z } from 'zod';
import { isMapping, type Mapping, valueAt } from './assignment.js';
import { canonicalSha256 } from './canonical-json.js';
import { type ConfigProblem, describeFound, dottedPath, shorten } from './config-problem.js';

/** Payloads of the topic config/desired; the broker is told the same limit. */
export const maxDesiredBytes = 64 * 1024;

/**
 * Members and elements of a document, all levels together. A camera has some fifteen. Each one of thousands that are wrong
 * would have its own description, and 64 KiB have room for twenty thousand.
 */
export const maxDesiredValues = 2048;

/** The configuration itself is five levels deep; what is far deeper would overflow somebody's stack. */
const maxDepth = 32;

/** A configuration from afar, whole: it replaces the one before. */
export interface DesiredDocument {
  /** Counts up from document to document. */
  readonly version: number;
  /** The sender's own name for the document, 1 to 64 characters. */
  readonly id: string;
  /** What it sets; not validated yet. */
  readonly config: Mapping;
  /** Of the canonical JSON of `config`. */
  readonly sha256: string;
}

/** What is known of a document that may be none: null for what it does not say. */
export type DocumentName = { [K in 'version' | 'id' | 'sha256']: DesiredDocument[K] | null };

/** Why a document is not taken: `code` is that of the report. */
export interface Refusal {
  readonly code: 400 | 403 | 409 | 413 | 422 | 507;
  readonly message: string;
  readonly problems: readonly ConfigProblem[];
}

const envelope = z.strictObject({
  version: z.int().min(1),
  id: z.string().min(1).max(64),
  // Taken as it is: zod's own mappings drop a key like __proto__ without a word.
  config: z.custom<Mapping>(isMapping),
});

const expectations: Readonly<Record<string, string>> = {
  version: `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
  id: 'a text of 1 to 64 characters',
  config: 'a mapping',
};

/** Reads a payload of config/desired: `{version, id, config}` as JSON. Never throws. */
export function parseDesired(
  payload: Uint8Array,
): { document: DesiredDocument } | { name: DocumentName; refusal: Refusal } {
  const unnamed = { version: null, id: null, sha256: null };
  const refused = (code: 400 | 413, message: string) => ({
    name: unnamed,
    refusal: { code, message, problems: [] },
  });
  if (payload.byteLength > maxDesiredBytes) {
    return refused(413, `expected at most ${maxDesiredBytes} bytes, found ${payload.byteLength}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return refused(400, 'the document is no UTF-8');
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return refused(400, 'the document is no JSON'); // the parser's words would quote it
  }
  const refusal = tooManyValues(data);
  if (refusal !== undefined) return { name: unnamed, refusal };
  const fault = structureFault(text);
  if (fault !== undefined) return refused(400, fault);
  return judgeEnvelope(data);
}

/** What a configuration with too many values is told. */
const valuesProblem: ConfigProblem = {
  path: '',
  expected: `at most ${maxDesiredValues} values in all`,
  found: 'more',
};

/** Refuses what has too many values, wherever they are; looks no further than it has to. */
export function tooManyValues(data: unknown): Refusal | undefined {
  const open: unknown[] = [data];
  for (let count = 0; open.length > 0; ) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const parts = Object.values(value);
    count += parts.length;
    if (count > maxDesiredValues) {
      const message = `expected ${valuesProblem.expected}, found ${valuesProblem.found}`;
      return { code: 413, message, problems: [valuesProblem] };
    }
    for (const part of parts) open.push(part);
  }
  return undefined;
}

function judgeEnvelope(data: unknown): ReturnType<typeof parseDesired> {
  const result = envelope.safeParse(data);
  if (result.success) return { document: { ...result.data, sha256: canonicalSha256(result.data.config) } };
  const { version, id } = envelope.shape;
  const name = {
    version: version.safeParse(valueAt(data, ['version'])).data ?? null,
    id: id.safeParse(valueAt(data, ['id'])).data ?? null,
    sha256: null,
  };
  const problems = result.error.issues.flatMap((issue) => envelopeProblems(issue, data));
  const message = 'the document is not of the form {version, id, config}';
  return { name, refusal: { code: 400, message, problems } };
}

function envelopeProblems(issue: core.$ZodIssue, data: unknown): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const expected = 'one of the keys version, id, config';
    return issue.keys.map((name) => ({ path: dottedPath([name]), expected, found: 'an unknown one' }));
  }
  const member = String(issue.path[0] ?? '');
  const value = valueAt(data, issue.path);
  // A text in place of the configuration may be a password: it is described as the configuration would be.
  const found = describeFound(value, member === 'config' ? [] : issue.path);
  return [{ path: member, expected: expectations[member] ?? 'a mapping', found }];
}

/**
 * What is wrong with the structure of a text that is valid JSON: too deep, or a key given twice. JSON's parser takes
 * the last of two values without a word, and somebody else's may take the first.
 */
function structureFault(json: string): string | undefined {
  const open: Set<string>[] = [];
  let text = '';
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]:]/g)) {
    if (token.startsWith('"')) {
      text = token;
    } else if (token === ':') {
      const name = JSON.parse(text) as string;
      if (open.at(-1)?.has(name)) return `the key ${JSON.stringify(shorten(name))} stands twice`;
      open.at(-1)?.add(name);
    } else if (token === '{' || token === '[') {
      if (open.push(new Set()) > maxDepth) return `the document is nested more than ${maxDepth} deep`;
    } else {
      open.pop();
    }
  }
  return undefined;
}
