import { access, chmod, constants, copyFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AgentError } from '../errors.js';
import { checksumOf, type ModelEntry, totalBytes } from './catalog.js';
import type { CatalogFile, FileRole } from './catalog-schema.js';
import { checkFile } from './check-file.js';
import { type DownloadPace, download } from './download.js';
import { DownloadError } from './download-error.js';
import type { FetchGuard } from './fetch-guard.js';
import { type FindPackage, findInstalledPackage, type ModelSource, modelSources } from './model-source.js';
import { PartialFile } from './partial-file.js';
import type { ModelStore } from './store.js';

export interface PullOptions {
  store: ModelStore;
  /** Folder or http(s) URL that is tried before the official address. */
  mirror?: string | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  findPackage?: FindPackage | undefined;
  /** Files of this machine, by their role, which are taken before any other source. */
  localFiles?: Partial<Record<FileRole, string>> | undefined;
  pace?: DownloadPace | undefined;
  /** Judges every address that is asked; without one there is nothing that may not be. */
  guard?: FetchGuard | undefined;
  /** Ends the pull; its reason is an Error that says why. */
  signal?: AbortSignal | undefined;
}

export interface PullProgress {
  /** The file that is on its way. */
  file: string;
  /** Bytes of the whole model. */
  received: number;
  total: number;
}

export interface PullResult {
  /** Where the files that were not there before came from; empty where all were. */
  sources: string[];
}

/** What a killed pull left is kept so long for a later one to go on with. */
const keepPartialMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Installs a model: fetches what the store lacks, compares size and checksum, and only then lets it be seen.
 * Pulls may run side by side. Throws AgentError MODEL_DOWNLOAD_FAILED where no source has a file,
 * MODEL_CHECKSUM_MISMATCH where a source gives another file, OUTPUT_UNWRITABLE, and what the guard refuses with.
 */
export async function pull(entry: ModelEntry, options: PullOptions): Promise<PullResult> {
  const { store, onProgress } = options;
  const total = totalBytes(entry.files);
  const sources = new Set<string>();
  await store.prepare();
  let before = 0;
  for (const file of entry.files) {
    const report = (received: number) =>
      onProgress?.({ file: basename(file.path), received: before + received, total });
    if ((await checkFile(store.blobPath(file), file)) === undefined) await store.reuse(file);
    else sources.add(await fetchFile(file, report, options));
    before += file.bytes;
    report(0);
  }
  await store.expose(entry);
  await forgetOldPartials(store.partialFolder);
  return { sources: [...sources] };
}

/** Puts one file into the store and says where it was had from. */
async function fetchFile(
  file: CatalogFile,
  report: (received: number) => void,
  options: PullOptions,
): Promise<string> {
  const { store } = options;
  const { algorithm, hex } = checksumOf(file);
  const failures: string[] = [];
  for (const source of sourcesOf(file, options)) {
    const folder = store.partialFolder;
    const partial = await PartialFile.claim(folder, `${algorithm}-${hex}`).catch((error) =>
      unwritable(error, folder),
    );
    try {
      await fill({ partial, source, file, report, options });
      await store.adopt(partial.path, file);
      return source.label;
    } catch (error) {
      const isOfSource = error instanceof DownloadError || error instanceof AgentError;
      // What there is of it must not keep a disk full.
      await (isOfSource ? partial.release() : partial.discard().catch(() => undefined));
      if (error instanceof DownloadError) failures.push(`${source.label}: ${error.message}`);
      else if (error instanceof AgentError) throw error;
      else unwritable(error, folder);
    }
  }
  const tried = failures.length === 0 ? 'no source is known' : failures.join('; ');
  throw new AgentError('MODEL_DOWNLOAD_FAILED', `${file.path} could not be fetched: ${tried}`);
}

function sourcesOf(file: CatalogFile, { mirror, findPackage, localFiles }: PullOptions): ModelSource[] {
  const path = localFiles?.[file.role];
  const known = modelSources(file, mirror, findPackage ?? findInstalledPackage);
  return path === undefined ? known : [{ kind: 'file', path, label: path }, ...known];
}

interface Fill {
  partial: PartialFile;
  source: ModelSource;
  file: CatalogFile;
  report: (received: number) => void;
  options: PullOptions;
}

/** Leaves the right bytes in `partial`, or throws. What an earlier pull left there may be another source's. */
async function fill(work: Fill): Promise<void> {
  const { partial, source, file } = work;
  if ((await partial.size()) > file.bytes) await partial.clear();
  const inherited = await partial.size();
  for (const attempt of inherited > 0 ? ['continued', 'from the start'] : ['from the start']) {
    let fault: string | undefined;
    try {
      if ((await partial.size()) < file.bytes) await obtain(work);
      fault = await checkFile(partial.path, file);
    } catch (error) {
      if (!(error instanceof DownloadError) || error.kind !== 'wrong') throw error;
      fault = error.message;
    }
    if (fault === undefined) return;
    await partial.clear();
    if (attempt === 'from the start') {
      throw new AgentError(
        'MODEL_CHECKSUM_MISMATCH',
        `${source.label} is not the file that was expected: ${fault}`,
      );
    }
  }
}

async function obtain({ partial, source, file, report, options }: Fill): Promise<void> {
  if (source.kind === 'absent') throw new DownloadError('lasting', source.reason);
  if (source.kind === 'http') {
    const { url, authorization } = source;
    const { pace, guard, signal } = options;
    const { path } = partial;
    await download({ url, authorization, path, bytes: file.bytes, onProgress: report, pace, guard, signal });
    return;
  }
  const readable = access(source.path, constants.R_OK).then(() => stat(source.path));
  const { size } = await readable.catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'does not exist' : `gives ${error.code}`;
    throw new DownloadError('lasting', `the file ${reason}`);
  });
  if (size !== file.bytes) throw new DownloadError('wrong', `expected ${file.bytes} bytes, found ${size}`);
  await copyFile(source.path, partial.path);
  // It came with the source's permissions, which may be to read only.
  await chmod(partial.path, 0o600);
  report(size);
}

function unwritable(cause: unknown, folder: string): never {
  const { code, path, dest, message } = cause as NodeJS.ErrnoException & { dest?: string };
  const reason = `${dest ?? path ?? folder} gives ${code ?? message}`;
  throw new AgentError('OUTPUT_UNWRITABLE', `The model store cannot be written: ${reason}`, { cause });
}

async function forgetOldPartials(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    // Not mtime: a new link to an old blob has the blob's.
    if (found !== undefined && Date.now() - found.ctimeMs > keepPartialMs) await rm(path, { force: true });
  }
}
