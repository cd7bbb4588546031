import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncPath } from '../durable-rename.js';

/**
 * Makes the folder `names` below `root`, one in the other, so that it outlives a loss of power. A link in the place of
 * one of them is refused: what is written there would leave `root`. Throws the file system's error.
 */
export async function makeFolders(root: string, names: readonly string[]): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 }).catch((error) => refuse(error, root));
  let folder = root;
  for (const name of names) {
    const parent = folder;
    folder = join(parent, name);
    try {
      await mkdir(folder, { mode: 0o700 });
      await syncPath(parent);
    } catch (error) {
      if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) refuse(error, folder);
    }
  }
  return folder;
}

function refuse(error: unknown, path: string): never {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR', path });
}
