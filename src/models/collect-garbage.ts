import type { Dirent } from 'node:fs';
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { addedEntry, addedVariant, isAdded, readAdded } from './added-models.js';
import { type Catalog, loadCatalog, type ModelEntry } from './catalog.js';
import { maxInstallMs } from './install-update.js';
import { makeFolders } from './make-folders.js';
import { SlotsFile } from './slots-file.js';
import {
  effectiveVersion,
  type InstalledUpdate,
  type SlotsState,
  updateEntry,
  updateName,
  versionsOf,
} from './slots-state.js';
import { ModelStore } from './store.js';

export interface CollectGarbageOptions {
  stateDir: string;
  /** Names that are kept besides, as `model.id` of the configuration: it may name one version for good. */
  keep?: readonly string[] | undefined;
  catalog?: Catalog | undefined;
}

export interface Garbage {
  /** Updates that are not installed any more, as `model@version`. */
  removed: string[];
  /** Freed on the disk. */
  bytes: number;
}

/** What is younger may belong to an installation that is still under way in another process. */
const graceMs = maxInstallMs + 60 * 60 * 1000;

/**
 * Clears away every update that is neither in a slot nor the newest or the last good one of its model, and every file
 * that no kept update, no added model and no installed model of the catalog has. Files younger than three hours stay until next time.
 * Throws AgentError OUTPUT_UNWRITABLE.
 */
export async function collectGarbage(options: CollectGarbageOptions): Promise<Garbage> {
  const catalog = options.catalog ?? loadCatalog();
  const store = new ModelStore(options.stateDir);
  await store.prepare();
  let dropped: InstalledUpdate[] = [];
  // First from the state, then from the disk: what the state names is there, whenever the power fails.
  const state = await new SlotsFile(store).update((now) => {
    const kept = keptUpdates(now, options.keep ?? []);
    dropped = now.updates.filter((update) => !kept.has(update));
    return dropped.length === 0 ? now : { ...now, updates: [...kept] };
  });
  const entries = state.updates.map(updateEntry);
  entries.push(...(await readAdded(store)).manifests.map(addedEntry));
  return store.writing(async () => {
    await makeFolders(options.stateDir, ['models', 'refs']);
    await removeReferences(store, entries, dropped);
    for (const entry of catalog.entries) if (await store.hasAny(entry)) entries.push(entry);
    const bytes = await removeBlobs(store, entries);
    return { removed: dropped.map(({ manifest }) => updateName(manifest)), bytes };
  });
}

function keptUpdates(state: SlotsState, names: readonly string[]): Set<InstalledUpdate> {
  const kept = new Set<InstalledUpdate>();
  for (const update of state.updates) {
    const name = updateName(update.manifest);
    const [newest] = versionsOf(state, update.manifest.model);
    const isInSlot = name === state.current?.name || name === state.previous;
    const isNewest = update === newest && update.status !== 'rolled_back';
    const isNamed = names.includes(name) || update === effectiveVersion(state, update.manifest.model);
    if (isInSlot || isNewest || isNamed) kept.add(update);
  }
  return kept;
}

/**
 * Takes the names from the files of updates: those that were just dropped, and old ones that belong to none. And from
 * those of models that were being added or removed when the power failed.
 */
async function removeReferences(
  store: ModelStore,
  kept: readonly ModelEntry[],
  dropped: readonly InstalledUpdate[],
): Promise<void> {
  const version = (entry: ModelEntry) => dirname(store.refFolder(entry));
  const wanted = new Set(kept.map(version));
  const free = new Set(dropped.map((update) => version(updateEntry(update))));
  const refs = join(store.folder, 'refs');
  for (const model of await foldersIn(refs)) {
    for (const folder of await foldersIn(model)) {
      const isUpdate = basename(folder).startsWith('update-');
      // Where the manifest of an added one is damaged its files are still wanted.
      const isOrphan = basename(folder) === addedVariant && !isAdded(basename(model), store);
      if (!(isUpdate || isOrphan) || wanted.has(folder)) continue;
      if (free.has(folder) || (await isOld(folder))) await rm(folder, { recursive: true, force: true });
    }
    await rmdir(model).catch(() => undefined); // where nothing is left in it
  }
}

/** Removes blobs that nobody needs, and returns how many bytes that gave back. */
async function removeBlobs(store: ModelStore, kept: readonly ModelEntry[]): Promise<number> {
  const wanted = new Set(kept.flatMap(({ files }) => files.map((file) => store.blobPath(file))));
  let bytes = 0;
  for (const algorithm of ['sha256', 'sha384']) {
    const folder = join(store.folder, 'blobs', algorithm);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await lstat(path).catch(() => undefined);
      // With a second name it is a file of a model that is installed after all.
      if (found === undefined || wanted.has(path) || found.nlink > 1) continue;
      if (Date.now() - found.mtimeMs < graceMs) continue;
      await rm(path, { recursive: true, force: true });
      bytes += found.size;
    }
  }
  return bytes;
}

/** Real folders alone: a link could lead to files of somebody else. */
async function foldersIn(path: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

async function isOld(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > graceMs;
}
