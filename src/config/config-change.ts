import { isDeepStrictEqual } from 'node:util';
import { isMapping } from './assignment.js';
import { entrySchema, mappingForm, type SchemaNode, schemaAt } from './json-schema.js';
import type { Config } from './schema.js';

/** What takes a change over, weakest first: nothing, the running agent, the cameras that differ, a new worker, a new agent
 *  process. */
const scopes = ['none', 'live', 'cameras', 'worker', 'agent'] as const;

/** What cameras may reach and get depends on who names them, though the cameras be the same. */
const cameraScope = scopes.indexOf('cameras');

export type ChangeScope = (typeof scopes)[number];

export interface ConfigChange {
  /** Of the key that needs most. A document from afar never reaches `agent`: those keys are local. */
  scope: ChangeScope;
  /** Dotted, like cameras.0.width; an entry that came or went is named as a whole, like cameras.1, and so is a list of
   *  values. */
  paths: string[];
}

/** What has to happen for `next` to take the place of `running`. */
export function configChange(running: Config, next: Config): ConfigChange {
  const paths = changedPaths(running, next, []);
  const ranks = paths.map((path) => (path[0] === 'remote_cameras' ? cameraScope : rank(schemaAt(path))));
  const scope = scopes[Math.max(0, ...ranks)] as ChangeScope;
  return { scope, paths: paths.map((path) => path.join('.')) };
}

export function needsNewWorker({ scope }: ConfigChange): boolean {
  return scope === 'worker' || scope === 'agent';
}

function changedPaths(before: unknown, after: unknown, path: string[]): string[][] {
  if (isDeepStrictEqual(before, after)) return [];
  const both = (test: (value: unknown) => boolean) => test(before) && test(after);
  if (!both(isMapping) && !both(isListOfMappings)) return [path];
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].flatMap((name) => changedPaths(old[name], now[name], [...path, name]));
}

/** Other lists are one value: which number of a polygon changed says nothing. */
function isListOfMappings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isMapping);
}

/** The strongest need of a key and of what is below it. */
function rank(node: SchemaNode | undefined): number {
  if (node === undefined) return 0;
  const form = mappingForm(node);
  const below = [...Object.values(form.properties ?? {}), form.items, entrySchema(form)];
  const own = node['x-applies'] === undefined ? 0 : scopes.indexOf(node['x-applies']);
  return Math.max(own, ...below.map(rank));
}
