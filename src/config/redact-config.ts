import { hideParameters } from '../secret-parameters.js';
import { schemaAt } from './json-schema.js';
import type { Config } from './schema.js';

/** `…password=`, `…token=` and their like, in queries of addresses and properties of pipelines. */
const secretParameter = {
  name: /(?:pw|pwd|pass|password|passwd|passphrase|token|secret|auth|key)$/i,
  value: /"[^"]*"|'[^']*'|[^\s&"']+/y,
  blanks: true,
};

/** What stands in place of a secret. */
export const hidden = '(hidden)';

/**
 * A configured text, fit to be shown: everything up to the last @ but the scheme is taken for credentials, and so
 * are parameters named like a secret. Takes out too much rather than too little. Its cost grows with the length of the
 * text alone.
 */
export function redactText(text: string): string {
  const at = text.lastIndexOf('@');
  const scheme = /^(?:[a-z][a-z0-9+.-]*:\/\/|gst:)?/i.exec(text)?.[0] ?? '';
  return hideParameters(at < 0 ? text : `${scheme}***${text.slice(at)}`, secretParameter);
}

/** A copy of the configuration without passwords and other credentials. */
export function redactConfig(config: Config): Config {
  const walk = (value: unknown, path: string[]): unknown => {
    // What only points at a secret, {file: …} or {secret: …}, may be seen.
    if (schemaAt(path)?.['x-secret'] === true && typeof value === 'string') return hidden;
    if (typeof value === 'string') return redactText(value);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, String(index)]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]),
    );
  };
  return walk(config, []) as Config;
}

/** True where configuration data, valid or not, holds a secret itself and not merely the place of one. */
export function holdsSecret(data: unknown, path: string[] = []): boolean {
  const node = schemaAt(path);
  // What no key is known for ends the walk: the data may be endless.
  if (node === undefined) return false;
  if (typeof data === 'string') return node['x-secret'] === true || redactText(data) !== data;
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(data).some(([name, value]) => holdsSecret(value, [...path, name]));
}
