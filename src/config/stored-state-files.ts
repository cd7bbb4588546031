import { join } from 'node:path';
import { z } from 'zod';
import { readBounded, unreadableReason } from '../read-bounded.js';
import { canonicalSha256 } from './canonical-json.js';
import { emptyState, restored, type StoredState, storedDocument, storedState } from './stored-state.js';

/** Changes whenever files of an older agent can no longer be read. */
const format = 1;

/** Three documents with their reports are far smaller. */
export const maxStateBytes = 1024 * 1024;

const file = z.strictObject({ format: z.literal(format), sha256: z.string(), content: z.unknown() });

/** Where documents from afar are kept, below the state folder. */
export function configFolder(stateDir: string): string {
  return join(stateDir, 'config');
}

/** The whole truth. */
export function stateFile(folder: string): string {
  return join(folder, 'state.json');
}

/** A second copy of the last good document, for when the other file is damaged. */
export function lastGoodFile(folder: string): string {
  return join(folder, 'last-good.json');
}

/** What a reset puts aside, under the name of the file that it was. */
export function resetCopy(path: string): string {
  return `${path}.before-reset`;
}

/** The text of either file, with its checksum. */
export function encodeFile(content: unknown): string {
  return `${JSON.stringify({ format, sha256: canonicalSha256(content), content })}\n`;
}

export interface StoredStateReading {
  state: StoredState;
  /** What was damaged, and what is taken instead; empty where all is well. */
  notices: string[];
}

/**
 * Reads what is stored. Where that is damaged the last good document is taken, else nothing. Writes nothing and never
 * throws.
 */
export async function readStoredState(folder: string): Promise<StoredStateReading> {
  const state = await read(stateFile(folder), storedState);
  if ('content' in state) return { state: state.content, notices: [] };
  // Each in the other's place is what a repair of the file system by hand may leave.
  const misplaced = await read(lastGoodFile(folder), storedState);
  if ('content' in misplaced) {
    const notice = `The stored configuration was found in ${lastGoodFile(folder)}: ${state.fault}`;
    return { state: misplaced.content, notices: [notice] };
  }
  const lastGood = await read(lastGoodFile(folder), storedDocument);
  if ('content' in lastGood) {
    const document = lastGood.content;
    const instead = `the last good one takes its place, version ${document.version}`;
    return {
      state: restored(document),
      notices: [`The stored configuration cannot be used: ${state.fault}; ${instead}`],
    };
  }
  if (state.absent && lastGood.absent) return { state: emptyState, notices: [] };
  const instead = 'the local file alone is in effect';
  const notice = `The stored configuration cannot be used: ${state.fault} and ${lastGood.fault}; ${instead}`;
  return { state: emptyState, notices: [notice] };
}

async function read<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<{ content: z.output<S> } | { fault: string; absent: boolean }> {
  const faulty = (fault: string, absent = false) => ({ fault: `${path} ${fault}`, absent });
  let text: string;
  try {
    text = (await readBounded(path, maxStateBytes)).toString('utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return faulty(unreadableReason(error), ['ENOENT', 'ENOTDIR'].includes(code));
  }
  try {
    const { content, sha256 } = file.parse(JSON.parse(text));
    if (canonicalSha256(content) !== sha256) return faulty('does not have its checksum');
    return { content: schema.parse(content) };
  } catch {
    return faulty('is damaged');
  }
}
