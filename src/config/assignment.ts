import type { ConfigPath } from './json-schema.js';

/** One value that the environment or a flag sets over the file's. */
export interface Assignment {
  path: string[];
  value: unknown;
  /** The variable or flag, for messages. */
  from: string;
}

export type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at `path`; own keys only. */
export function valueAt(data: unknown, path: ConfigPath): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/**
 * Sets a value of known path in `data`, making the mappings on the way. An entry of a list can be changed or put
 * directly behind the last. Returns why it cannot be set, or undefined.
 */
export function assign(data: Mapping, { path, value }: Assignment): 'gap' | undefined {
  let holder: Mapping | unknown[] = data;
  for (const [depth, name] of path.entries()) {
    if (Array.isArray(holder) && Number(name) > holder.length) return 'gap';
    const slot = holder as Mapping;
    if (depth === path.length - 1) {
      slot[name] = value;
      return undefined;
    }
    if (slot[name] === undefined) slot[name] = {};
    const below = slot[name];
    // Something else stands where a mapping belongs: validation will say so.
    if (typeof below !== 'object' || below === null) return undefined;
    holder = below as Mapping | unknown[];
  }
  return undefined;
}
