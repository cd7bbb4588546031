import type { core } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { valueAt } from './assignment.js';
import { type ConfigProblem, describeFound, dottedPath } from './config-problem.js';
import {
  type ConfigPath,
  configJsonSchema,
  entrySchema,
  expectation,
  knownPaths,
  mappingForm,
  type SchemaNode,
  schemaAt,
} from './json-schema.js';
import { configSchema } from './schema.js';

/** To look for what was meant takes longer than to say that a key is not known, and a document may have thousands. */
const maxSuggestions = 32;

/** What the schema makes of a document: every default filled in but those of the machine. */
export type ParsedConfig = ReturnType<typeof configSchema.parse>;

/**
 * Validates plain data against the schema. `originOf` says where the value at a path came from.
 * Never throws: returns the configuration or every problem.
 */
export function parseConfig(
  data: unknown,
  originOf: (path: ConfigPath) => string | undefined = () => undefined,
): { config: ParsedConfig } | { problems: ConfigProblem[] } {
  const result = configSchema.safeParse(withoutMisplaced(data, configJsonSchema));
  if (result.success) return { config: result.data };
  const problems = new Map<string, ConfigProblem>();
  const suggestions = { left: maxSuggestions };
  for (const issue of result.error.issues) {
    // One value can break several rules of its key; what is expected of it is said once.
    for (const one of toProblems(issue, data, { originOf, suggestions }))
      problems.set(`${one.path} ${one.expected}`, one);
  }
  return { problems: [...problems.values()] };
}

/**
 * A copy in which every mapping or list that stands where the schema has another type is an empty one: rules for
 * the length of a text or list look at `length`, and a document may hold a key of that name with anything in it.
 */
function withoutMisplaced(value: unknown, node: SchemaNode | undefined): unknown {
  if (typeof value !== 'object' || value === null || node === undefined) return value;
  const { items, properties = {}, ...form } = mappingForm(node);
  const entry = entrySchema(form);
  const isMapping = form.type === 'object';
  if (Array.isArray(value) && items) return value.map((item) => withoutMisplaced(item, items));
  if (Array.isArray(value)) return isMapping ? [] : {};
  if (!isMapping) return {};
  const copy: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const child = Object.hasOwn(properties, name) ? properties[name] : entry;
    copy.push([name, child === undefined ? null : withoutMisplaced(item, child)]);
  }
  return Object.fromEntries(copy);
}

interface Telling {
  readonly originOf: (path: ConfigPath) => string | undefined;
  /** Of the whole document. */
  readonly suggestions: { left: number };
}

function toProblems(
  issue: core.$ZodIssue,
  data: unknown,
  { originOf, suggestions }: Telling,
): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const node = schemaAt(issue.path);
    const siblings = Object.keys((node && mappingForm(node).properties) ?? {});
    const anyOfThem = listOf(siblings);
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return {
        path: dottedPath(path),
        expected: suggestions.left-- > 0 ? suggestion(issue.path, name, siblings) : anyOfThem,
        found: 'an unknown one',
        from: originOf(path),
      };
    });
  }
  if (issue.code === 'invalid_key') {
    const expected = schemaAt(issue.path.slice(0, -1))?.propertyNames?.['x-expected'] ?? 'another name';
    return [{ path: dottedPath(issue.path), expected, found: 'another one', from: originOf(issue.path) }];
  }
  // Rules over several keys say themselves what they expect.
  const own = issue.code === 'custom' ? (issue.params?.expected as string | undefined) : undefined;
  return [
    {
      path: dottedPath(issue.path),
      expected: own ?? expectation(issue.path),
      found: describeFound(valueAt(data, issue.path), issue.path),
      from: originOf(issue.path),
    },
  ];
}

/** A near name among the keys that belong there, else the same name in another section. */
function suggestion(parent: ConfigPath, name: string, siblings: readonly string[]): string {
  const near = didYouMean(name, siblings) ?? elsewhere(parent, name);
  return near === undefined ? listOf(siblings) : `a known key (did you mean ${near}?)`;
}

function listOf(keys: readonly string[]): string {
  return `one of the keys ${keys.join(', ')}`;
}

function elsewhere(parent: ConfigPath, name: string): string | undefined {
  const index = parent.find((part) => /^\d+$/.test(String(part))) ?? 0;
  return knownPaths(String(index))
    .find((path) => path.at(-1) === name)
    ?.join('.');
}
