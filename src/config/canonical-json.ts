import { createHash } from 'node:crypto';
import { isMapping } from './assignment.js';

/**
 * JSON with sorted keys and without blanks, the same for every writer of the same data (RFC 8785). The value is plain
 * JSON data, not deeply nested.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 over the canonical JSON, 64 hex digits. */
export function canonicalSha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
