import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { readBounded, unreadableReason } from '../read-bounded.js';

/** Far above what any of these files ever has. */
const maxBytes = 8 * 1024 * 1024;

/** What is in a file, or what is wrong with it. */
export type Unsealed<T> = { content: T; name: string } | { fault: string; absent: boolean };

/**
 * The text of a file of ours: JSON with a checksum, so that a damaged one is never taken for what was written, and
 * with `name` under it, so that no other file is taken for this one.
 */
export function seal(name: string, content: unknown): string {
  return `${JSON.stringify({ sha256: digest(name, content), name, content }, null, 2)}\n`;
}

/** Reads a file that seal() made under a name, or one of several. Never throws. */
export async function readSealed<S extends z.ZodType>(
  path: string,
  name: string | RegExp,
  schema: S,
): Promise<Unsealed<z.output<S>>> {
  const faulty = (reason: string, absent = false) => ({ fault: `${path} ${reason}`, absent });
  let text: string;
  try {
    text = (await readBounded(path, maxBytes)).toString('utf8');
  } catch (error) {
    return faulty(unreadableReason(error), (error as NodeJS.ErrnoException).code === 'ENOENT');
  }
  let data: Record<string, unknown>;
  try {
    data = Object(JSON.parse(text));
  } catch {
    return faulty('is no JSON');
  }
  const found = String(data.name);
  if (data.sha256 !== digest(found, data.content)) return faulty('does not have its checksum');
  if (typeof name === 'string' ? found !== name : !name.test(found)) {
    return faulty(`is ${JSON.stringify(found)} in the place of another`);
  }
  const result = schema.safeParse(data.content);
  return result.success
    ? { content: result.data, name: found }
    : faulty('was written by another version of the agent');
}

function digest(name: string, content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([name, content]) ?? '')
    .digest('hex');
}
