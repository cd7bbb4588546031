import type { z } from 'zod';
import { AgentError } from '../errors.js';

/** So many faults are listed; a manifest is made by a program, and the first few say enough. */
const maxListed = 5;

/** JSON of a known shape. Throws AgentError MODEL_MANIFEST_INVALID; `what` begins its message, which quotes nothing. */
export function parseDocument<S extends z.ZodType>(bytes: Uint8Array, schema: S, what: string): z.output<S> {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own words would quote the document.
    throw new AgentError('MODEL_MANIFEST_INVALID', `${what} is no JSON (${bytes.length} bytes)`);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new AgentError('MODEL_MANIFEST_INVALID', `${what} is malformed: ${listFaults(faults)}`);
}

export function listFaults(faults: readonly string[]): string {
  const more = faults.length > maxListed ? `; and ${faults.length - maxListed} more` : '';
  return faults.slice(0, maxListed).join('; ') + more;
}
