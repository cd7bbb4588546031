import { schemaAt } from './json-schema.js';
import type { Config } from './schema.js';

/** `…password=`, `…token=` and their like, in queries of addresses and properties of pipelines. */
const secretParameter =
  /([\w-]*(?:pw|pwd|pass|password|passwd|passphrase|token|secret|auth|key)\s*=\s*)("[^"]*"|'[^']*'|[^\s&"']+)/gi;

/** What stands in place of a secret. */
export const hidden = '(hidden)';

/**
 * A configured text, fit to be shown: everything up to the last @ but the scheme is taken for credentials, and so
 * are parameters named like a secret. Takes out too much rather than too little.
 */
export function redactText(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/|gst:)?[\s\S]*@/i, '$1***@').replace(secretParameter, '$1***');
}

/** A copy of the configuration without passwords and other credentials. */
export function redactConfig(config: Config): Config {
  const walk = (value: unknown, path: string[]): unknown => {
    if (schemaAt(path)?.['x-secret'] === true) return value === undefined ? undefined : hidden;
    if (typeof value === 'string') return redactText(value);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, String(index)]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]),
    );
  };
  return walk(config, []) as Config;
}
