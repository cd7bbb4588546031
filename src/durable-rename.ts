import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes what was done to a file, or the names in a folder, outlive a loss of power. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts the finished file `from` in place at `to`: whoever looks, and whenever the power fails, sees all or nothing. */
export async function durableRename(from: string, to: string): Promise<void> {
  await syncPath(from);
  await rename(from, to);
  await syncPath(dirname(to));
}
