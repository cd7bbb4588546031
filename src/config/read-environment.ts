import { parseDocument } from 'yaml';
import { didYouMean } from '../did-you-mean.js';
import type { Assignment } from './assignment.js';
import type { ConfigProblem } from './config-problem.js';
import { knownPaths, schemaAt, takesText } from './json-schema.js';

const prefix = 'EDGE_POSE_';

/** Variables with the prefix that are no configuration keys. */
export const otherVariables: ReadonlySet<string> = new Set([
  'EDGE_POSE_CONFIG', // path of the configuration file
  'EDGE_POSE_NATIVE_DIR', // folder with the native addons
  'EDGE_POSE_FAULTS', // how often the tests bring about a fault: few, tenth or full
  'EDGE_POSE_FIGURES', // file to which the tests add what they reached
  'EDGE_POSE_SHARED', // folder with the tests' data
  'EDGE_POSE_REQUIRE_SHARED', // 1: tests fail where that data is absent
  'EDGE_POSE_REQUIRE_PROGRAMS', // 1: tests fail where a program or a right that they need is absent
]);

/**
 * The keys set by the environment: EDGE_POSE_MQTT__URL sets mqtt.url, EDGE_POSE_CAMERAS__0__SOURCE the first
 * camera's source. A text is taken as it stands, everything else is read as YAML; what is unknown is a problem.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): {
  assignments: Assignment[];
  problems: ConfigProblem[];
} {
  const assignments: Assignment[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !name.startsWith(prefix) || otherVariables.has(name)) continue;
    const path = name
      .slice(prefix.length)
      .split('__')
      .map((part) => part.toLowerCase());
    const node = name === name.toUpperCase() ? schemaAt(path) : undefined;
    if (node === undefined) {
      const near = didYouMean(name, variableNames(name));
      const expected = near === undefined ? 'a known variable' : `a known variable (did you mean ${near}?)`;
      problems.push({ path: name, expected, found: 'an unknown one' });
    } else {
      const value = takesText(node) ? text : parseValue(text);
      assignments.push({ path, value, from: name });
    }
  }
  // Whole sections first, then list entries in order, so that an entry can be put behind the one before.
  const rank = ({ path }: Assignment) => path.map((part) => part.padStart(4, '0')).join('.');
  assignments.sort((a, b) => a.path.length - b.path.length || (rank(a) < rank(b) ? -1 : 1));
  return { assignments, problems };
}

/** What cannot be parsed stays a text, and is refused later with the type that was expected. */
function parseValue(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
    return document.errors.length + document.warnings.length === 0 ? document.toJS() : text;
  } catch {
    return text;
  }
}

/** Every variable, with the list index that `like` has, else 0. */
function variableNames(like: string): string[] {
  const index = /__(\d+)(__|$)/.exec(like)?.[1] ?? '0';
  const names = knownPaths(index).map((path) => prefix + path.join('__').toUpperCase());
  return [...names, ...otherVariables];
}
