import { stat } from 'node:fs/promises';
import { AgentError } from '../errors.js';
import { hashFile } from './check-file.js';

/** Size and digest of a file. Throws AgentError MODEL_UNREADABLE. */
export async function measureFile(path: string): Promise<{ bytes: number; sha256: string }> {
  try {
    return { bytes: (await stat(path)).size, ...(await hashFile(path, 'sha256')) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AgentError('MODEL_UNREADABLE', `${path} cannot be read (${code})`, { cause });
  }
}
