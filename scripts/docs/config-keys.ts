import {
  type ConfigPath,
  configJsonSchema,
  expectation,
  type SchemaNode,
} from '../../src/config/json-schema.js';

/** One key of the configuration, with everything that is known of it. */
export interface DocumentedKey {
  /** Entries of a list stand under 0. */
  readonly path: readonly string[];
  /** As people write it: `cameras[].source`. */
  readonly name: string;
  readonly node: SchemaNode;
  /** Completes "expected …". */
  readonly expected: string;
  readonly required: boolean;
  readonly variable: string;
  /** The flag of `pose-agent run` that sets it. */
  readonly flag: string | undefined;
}

/** Keys that stand together: those of one section, or those at the top of a file, whose section is ''. */
export interface ConfigSection {
  readonly name: string;
  readonly node: SchemaNode;
  readonly keys: readonly DocumentedKey[];
}

/** Flags that set a key, by the key they set. --source is for a configuration with one camera, --pace for all. */
export const flagsByKey: Readonly<Record<string, string>> = {
  'cameras[].source': '--source',
  'cameras[].pace': '--pace',
  'model.id': '--model',
  'model.engine': '--engine',
  'model.device': '--device',
  'mqtt.url': '--mqtt',
};

/** Every key of the schema by section; those at the top first, the rest as the schema has them. */
export function configSections(): ConfigSection[] {
  const entries = Object.entries(configJsonSchema.properties ?? {});
  const isSection = (node: SchemaNode): boolean => (node.items ?? node).properties !== undefined;
  const top = entries.filter(([, node]) => !isSection(node)).flatMap(([name, node]) => keysOf(node, [name]));
  const sections = entries
    .filter(([, node]) => isSection(node))
    .map(([name, node]) => ({ name, node, keys: keysOf(node, [name]) }));
  return [{ name: '', node: configJsonSchema, keys: top }, ...sections];
}

/** The keys at and below `path` that are described: those with a value, and sections and lists with words of their own. */
function keysOf(node: SchemaNode, path: readonly string[], required = false): DocumentedKey[] {
  const form = node.items ?? node;
  const below = node.items === undefined ? path : [...path, '0'];
  const needed = new Set((form as { required?: string[] }).required);
  const children = Object.entries(form.properties ?? {}).flatMap(([name, child]) =>
    keysOf(child, [...below, name], needed.has(name)),
  );
  return node['x-applies'] === undefined ? children : [documented(node, path, required), ...children];
}

function documented(node: SchemaNode, path: readonly string[], required: boolean): DocumentedKey {
  const name = keyName(path);
  return {
    path,
    name,
    node,
    expected: expectation(path),
    required,
    variable: `EDGE_POSE_${path.join('__').toUpperCase()}`,
    flag: flagsByKey[name],
  };
}

function keyName(path: ConfigPath): string {
  return path.join('.').replaceAll('.0.', '[].');
}
