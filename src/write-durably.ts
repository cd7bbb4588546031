import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { durableRename, syncPath } from './durable-rename.js';

/** Where a file is written before it takes its place; what is left of one after a crash is worthless. */
export function temporaryPath(path: string): string {
  return `${path}.tmp`;
}

/**
 * Writes a file, and its folder where there is none, for the owner alone. Whoever looks, and whenever the power
 * fails, finds the old content or the new; once this resolves, the new. Where it fails, with the error of the file
 * system, no temporary file stays behind. One writer a path at a time.
 */
export async function writeDurably(path: string, content: string): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await makeFolder(dirname(resolve(path)));
    await rm(temporary, { force: true }); // one of a crash, with permissions of its own
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    await durableRename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** A folder is only there for good when the folder above it says so. */
async function makeFolder(folder: string): Promise<void> {
  const highest = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (highest === undefined) return;
  for (let made = folder; made.length >= highest.length; made = dirname(made)) await syncPath(dirname(made));
}
