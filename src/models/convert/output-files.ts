import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { durableRename } from '../../durable-rename.js';
import { AgentError } from '../../errors.js';
import { isAlive } from './is-alive.js';

export interface OutputOptions {
  /** The files to be, in one folder; the one that makes the others count comes last. */
  paths: readonly string[];
  /** Files that are there already are replaced. */
  force: boolean;
}

/**
 * Lets `write` make files in a hidden folder beside their places, and puts them there once it is through; where it fails,
 * nothing of them stays. That the place can be written and is free is seen before `write` begins.
 * Throws AgentError OUTPUT_UNWRITABLE, and what `write` throws.
 */
export async function writeOutputs<T>(
  { paths, force }: OutputOptions,
  write: (paths: string[]) => Promise<T>,
): Promise<T> {
  const first = resolve(paths[0] as string);
  for (const path of paths) {
    if (existsSync(path) && !force) {
      throw new AgentError('OUTPUT_UNWRITABLE', `${path} is there already; --force replaces it`);
    }
  }
  const prefix = `.${basename(first)}.partial-`;
  const folder = join(dirname(first), `${prefix}${process.pid}`);
  try {
    await writing(folder, async () => {
      await mkdir(dirname(first), { recursive: true });
      await removeAbandoned(dirname(first), prefix);
      await rm(folder, { recursive: true, force: true }); // of an earlier process with this one's number
      await mkdir(folder);
    });
    const result = await write(paths.map((path) => join(folder, basename(path))));
    await writing(folder, async () => {
      // Cut off between two renames, what is replaced must not stand beside a new half of the pair.
      if (paths.length > 1) await rm(resolve(paths.at(-1) as string), { force: true });
      for (const path of paths) await durableRename(join(folder, basename(path)), resolve(path));
    });
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writing(folder: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException;
    throw new AgentError('OUTPUT_UNWRITABLE', `${path ?? folder} cannot be written: ${code}`, { cause });
  }
}

/** What a conversion left that was killed. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(owner) || isAlive(owner)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
