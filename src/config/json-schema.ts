import { z } from 'zod';
import type { KeyFacts } from './key.js';
import { configSchema } from './schema.js';

/** The part of JSON Schema that the configuration uses. */
export interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  /** Of a mapping with names of the user's own: the schema of every entry; false where other keys are refused. */
  additionalProperties?: SchemaNode | boolean;
  propertyNames?: SchemaNode;
  /** The value has one of these forms. */
  anyOf?: SchemaNode[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  description?: string;
  examples?: unknown[];
  default?: unknown;
  'x-expected'?: string;
  'x-secret'?: boolean;
  'x-local-only'?: KeyFacts['localOnly'];
  'x-applies'?: KeyFacts['applies'];
}

/** JSON Schema of a configuration file. */
export const configJsonSchema: SchemaNode = {
  title: 'Configuration of edge-pose-agent',
  ...(z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' }) as SchemaNode),
} as SchemaNode;

export type ConfigPath = readonly PropertyKey[];

/** The schema of every entry of a mapping whose names are the user's own. */
export function entrySchema(node: SchemaNode): SchemaNode | undefined {
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

/** The form of a node that is a mapping: itself, or the one among several forms. */
export function mappingForm(node: SchemaNode): SchemaNode {
  return node.anyOf?.find(({ type }) => type === 'object') ?? node;
}

/** True where the value may be a text. */
export function takesText(node: SchemaNode): boolean {
  return node.type === 'string' || node.anyOf?.some(takesText) === true;
}

/** The schema of the key at `path`, or undefined where no key is known. */
export function schemaAt(path: ConfigPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = configJsonSchema;
  for (const part of path) {
    if (node === undefined) return undefined;
    node = childSchema(mappingForm(node), String(part));
  }
  return node;
}

function childSchema(node: SchemaNode, name: string): SchemaNode | undefined {
  if (node.items !== undefined) return /^\d+$/.test(name) ? node.items : undefined;
  if (node.properties && Object.hasOwn(node.properties, name)) return node.properties[name];
  return entrySchema(node);
}

/** Every key, as paths; entries of a list or of a mapping with free names stand once, under `index`. */
export function knownPaths(index = '0'): string[][] {
  const walk = (node: SchemaNode, path: string[]): string[][] => {
    const form = mappingForm(node);
    const below = Object.entries(form.properties ?? {}).flatMap(([name, child]) =>
      walk(child, [...path, name]),
    );
    const entry = form.items ?? entrySchema(form);
    if (entry !== undefined) below.push(...walk(entry, [...path, index]));
    return path.length === 0 ? below : [path, ...below];
  };
  return walk(configJsonSchema, []);
}

/** Keys whose value is never shown, as dotted paths; `*` stands for any entry of a list or mapping. */
export const secretPaths: readonly string[] = knownPaths('*')
  .filter((path) => schemaAt(path.map((part) => (part === '*' ? '0' : part)))?.['x-secret'] === true)
  .map((path) => path.join('.'));

/** Completes "expected …" for the key at `path`. */
export function expectation(path: ConfigPath): string {
  const node = schemaAt(path);
  if (node === undefined) return 'no such key';
  if (node['x-expected'] !== undefined) return node['x-expected'];
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
      return `a whole number${range(node)}${node.multipleOf === undefined ? '' : `, a multiple of ${node.multipleOf}`}`;
    case 'number':
      return `a number${range(node)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of ${node.minItems ?? 0} to ${node.maxItems ?? 'any number of'} entries`;
    case 'object':
      return `a mapping with the keys ${Object.keys(node.properties ?? {}).join(', ')}`;
    default:
      return 'a text that is not empty';
  }
}

function range({ minimum, maximum }: SchemaNode): string {
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`;
}
