import { lstat, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** A file whose owner is gone for so long is free even where its process cannot be asked after. */
const abandonedAfterMs = 10 * 60 * 1000;

let counter = 0;

/**
 * A file being fetched, out of everybody's sight. It belongs to one pull at a time: its name holds the owner's
 * process id, and taking over what another left behind is one rename, which only one can win.
 */
export class PartialFile {
  readonly path: string;
  readonly #free: string;

  private constructor(path: string, free: string) {
    this.path = path;
    this.#free = free;
  }

  /** Takes over what an earlier pull of `key` left in `folder`, or begins an empty file. */
  static async claim(folder: string, key: string): Promise<PartialFile> {
    const free = join(folder, `${key}.part`);
    const mine = new PartialFile(join(folder, `${key}.${process.pid}.${counter++}.part`), free);
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${key}.`) || !(await isFree(folder, name))) continue;
      try {
        await rename(join(folder, name), mine.path);
        if ((await lstat(mine.path)).isFile()) return mine;
        // A link, which would lead what is written to some other place, or a folder.
        await rm(mine.path, { recursive: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    await (await open(mine.path, 'wx', 0o600)).close();
    return mine;
  }

  async size(): Promise<number> {
    return (await stat(this.path)).size;
  }

  async clear(): Promise<void> {
    await truncate(this.path, 0);
  }

  /** Leaves what there is to a later pull. Never throws. */
  async release(): Promise<void> {
    const found = await stat(this.path).catch(() => undefined);
    if (found?.size === 0) await this.discard().catch(() => undefined);
    else await rename(this.path, this.#free).catch(() => undefined);
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

async function isFree(folder: string, name: string): Promise<boolean> {
  const owner = /\.(\d+)\.\d+\.part$/.exec(name)?.[1];
  if (owner === undefined) return true;
  try {
    process.kill(Number(owner), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  // The number may belong to another process by now, or to one in another container.
  const touched = await stat(join(folder, name)).catch(() => undefined);
  return touched !== undefined && Date.now() - touched.mtimeMs > abandonedAfterMs;
}
