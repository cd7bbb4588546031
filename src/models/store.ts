import { createHash } from 'node:crypto';
import { constants, copyFile, link, lstat, rm, stat, utimes } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { durableRename } from '../durable-rename.js';
import { AgentError } from '../errors.js';
import { checksumOf, type ModelEntry } from './catalog.js';
import type { CatalogFile, FileRole } from './catalog-schema.js';
import { checkAndHash, checkFile } from './check-file.js';
import { makeFolders } from './make-folders.js';

/** What is wrong with one file of an installed model. */
export interface FileFault {
  readonly path: string;
  readonly fault: string;
}

let counter = 0;

/**
 * Model files on this machine, by content: `blobs/<algorithm>/<hex>`, each written once and only whole. `refs/` gives
 * the blobs of a model their own names side by side (an IR's .xml finds its .bin by its name) in a folder that is
 * called after the contents, so that a changed catalog never meets files of another version.
 */
export class ModelStore {
  readonly folder: string;
  readonly #stateDir: string;

  /** `stateDir` is made when something is written. */
  constructor(stateDir: string) {
    this.folder = join(stateDir, 'models');
    this.#stateDir = stateDir;
  }

  /** The states of the slots; see SlotsFile. */
  get slotsFolder(): string {
    return join(this.folder, 'slots');
  }

  /** Manifests of the models that were added here; see readAdded. */
  get addedFolder(): string {
    return join(this.folder, 'added');
  }

  /** For files that are not whole yet; on the same file system as the rest. */
  get partialFolder(): string {
    return join(this.folder, 'partial');
  }

  blobPath(file: CatalogFile): string {
    const { algorithm, hex } = checksumOf(file);
    return join(this.folder, 'blobs', algorithm, hex);
  }

  /** Where the model's files are, or would be. */
  paths(entry: ModelEntry): Partial<Record<FileRole, string>> {
    return Object.fromEntries(entry.files.map((file) => [file.role, this.#refPath(entry, file)]));
  }

  /** True where every file is there with its size; `faults` looks at the bytes. */
  async has(entry: ModelEntry): Promise<boolean> {
    for (const file of entry.files) {
      const found = await stat(this.#refPath(entry, file)).catch(() => undefined);
      if (found?.size !== file.bytes) return false;
    }
    return true;
  }

  /** True where at least one file is there, whole or not. */
  async hasAny(entry: ModelEntry): Promise<boolean> {
    for (const file of entry.files) {
      if ((await stat(this.#refPath(entry, file)).catch(() => undefined)) !== undefined) return true;
    }
    return false;
  }

  /** Reads every byte of a model's files; empty where all are as the catalog says. */
  async faults(entry: ModelEntry): Promise<FileFault[]> {
    return (await this.check(entry)).faults;
  }

  /** The same, with the SHA-512 of the files that are right, by their paths. */
  async check(entry: ModelEntry): Promise<{ faults: FileFault[]; sha512: Record<string, string> }> {
    const faults: FileFault[] = [];
    const hashes: Record<string, string> = {};
    for (const file of entry.files) {
      const path = this.#refPath(entry, file);
      const { fault, sha512 } = await checkAndHash(path, file);
      if (fault !== undefined) faults.push({ path, fault });
      if (sha512 !== undefined) hashes[path] = sha512;
    }
    return { faults, sha512: hashes };
  }

  /** True where every blob of the model is there and whole, whatever became of their names. */
  async holds(entry: ModelEntry): Promise<boolean> {
    for (const file of entry.files) {
      if ((await checkFile(this.blobPath(file), file)) !== undefined) return false;
    }
    return true;
  }

  /** Makes the folders. Throws AgentError OUTPUT_UNWRITABLE. */
  async prepare(): Promise<void> {
    await this.writing(async () => {
      await makeFolders(this.#stateDir, ['models', 'partial']);
      await makeFolders(this.#stateDir, ['models', 'slots']);
      for (const algorithm of ['sha256', 'sha384']) {
        await makeFolders(this.#stateDir, ['models', 'blobs', algorithm]);
      }
    });
  }

  /** Takes a checked file of `partialFolder` in. Throws AgentError OUTPUT_UNWRITABLE. */
  async adopt(path: string, file: CatalogFile): Promise<void> {
    await this.writing(() => durableRename(path, this.blobPath(file)));
  }

  /** Says of a blob that is there that somebody counts on it; see collectGarbage. */
  async reuse(file: CatalogFile): Promise<void> {
    const now = new Date();
    await this.writing(() => utimes(this.blobPath(file), now, now));
  }

  /** Gives the model's blobs their names; replaces what is damaged. Throws AgentError OUTPUT_UNWRITABLE. */
  async expose(entry: ModelEntry): Promise<void> {
    await this.writing(async () => {
      await makeFolders(this.#stateDir, relative(this.#stateDir, this.refFolder(entry)).split(sep));
      for (const file of entry.files) {
        const path = this.#refPath(entry, file);
        if ((await checkFile(path, file)) === undefined) continue;
        const temporary = join(this.partialFolder, `ref.${process.pid}.${counter++}`);
        await rm(temporary, { force: true });
        await linkOrCopy(this.blobPath(file), temporary);
        // A file does not take the place of a folder.
        if ((await lstat(path).catch(() => undefined))?.isDirectory()) await rm(path, { recursive: true });
        await durableRename(temporary, path);
        // Between two names of one and the same file, rename does nothing.
        await rm(temporary, { force: true });
      }
    });
  }

  /** Runs what writes below the store. Throws AgentError OUTPUT_UNWRITABLE in place of the file system's error. */
  async writing<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof AgentError) throw cause;
      const { code, path } = cause as NodeJS.ErrnoException;
      // A mistake in our own code is not a fault of the disk: nothing may take effect because of it.
      if (code === undefined) throw cause;
      const where = path ?? this.folder;
      throw new AgentError('OUTPUT_UNWRITABLE', `The model store cannot be written: ${where} gives ${code}`, {
        cause,
      });
    }
  }

  /** The folder in which the model's files stand under their own names. */
  refFolder({ model, variant, files }: ModelEntry): string {
    const contents = files.map((file) => `${file.role} ${checksumOf(file).hex}`).join('\n');
    const digest = createHash('sha256').update(contents).digest('hex').slice(0, 16);
    return join(this.folder, 'refs', model.id, variant, digest);
  }

  #refPath(entry: ModelEntry, file: CatalogFile): string {
    return join(this.refFolder(entry), basename(file.path));
  }
}

/** Some file systems have no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
}
