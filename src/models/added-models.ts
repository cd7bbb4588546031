import { lstatSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncPath } from '../durable-rename.js';
import { AgentError } from '../errors.js';
import { writeDurably } from '../write-durably.js';
import type { ModelEntry } from './catalog.js';
import { makeFolders } from './make-folders.js';
import { ownModelName } from './manifest-schema.js';
import { modelFactsOf } from './model-facts.js';
import { type AddedManifest, addedManifestSchema } from './own-manifest.js';
import { readSealed, seal } from './sealed-file.js';
import type { ModelStore } from './store.js';

/** The variant under which the store keeps models that were added here. */
export const addedVariant = 'added';

/** The models that somebody added on this machine. */
export interface AddedModels {
  readonly manifests: readonly AddedManifest[];
  /** Of manifests that cannot be used, by the model's name. */
  readonly faults: ReadonlyMap<string, AgentError>;
}

/** As the store and the engine know models. */
export function addedEntry(manifest: AddedManifest): ModelEntry {
  const { model, files } = manifest;
  return { name: model, model: { id: model, ...modelFactsOf(manifest) }, variant: addedVariant, files };
}

/** Never throws: a folder that cannot be read has none. */
export async function readAdded(store: ModelStore): Promise<AddedModels> {
  const manifests: AddedManifest[] = [];
  const faults = new Map<string, AgentError>();
  const names = await readdir(store.addedFolder).catch(() => []);
  for (const name of names.sort()) {
    const model = /^(.+)\.json$/.exec(name)?.[1];
    if (model === undefined || !ownModelName.safeParse(model).success) continue;
    try {
      manifests.push(await readOne(store, model));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      faults.set(model, error);
    }
  }
  return { manifests, faults };
}

async function readOne(store: ModelStore, model: string): Promise<AddedManifest> {
  const path = manifestPath(store, model);
  const found = await readSealed(path, `added ${model}`, addedManifestSchema);
  if ('content' in found) return found.content;
  const message = `The description of the added model ${model} cannot be used: ${found.fault}`;
  throw new AgentError('MODEL_MANIFEST_INVALID', message);
}

/** The added model that a name means, `NAME` or `NAME/added`. Throws AgentError MODEL_MANIFEST_INVALID. */
export function findAdded(name: string, { manifests, faults }: AddedModels): ModelEntry | undefined {
  const model = bareName(name);
  const fault = faults.get(model);
  if (fault !== undefined) throw fault;
  const manifest = manifests.find((one) => one.model === model);
  return manifest && addedEntry(manifest);
}

/** Whether a model of that name was added, be its manifest damaged or not; right now, and without waiting. */
export function isAdded(name: string, store: ModelStore): boolean {
  const model = bareName(name);
  if (!ownModelName.safeParse(model).success) return false;
  try {
    return lstatSync(manifestPath(store, model)).isFile();
  } catch {
    return false;
  }
}

/**
 * Makes the model known: the last step of adding it. Files of what it replaces stay once, for an agent that runs them.
 * Throws AgentError OUTPUT_UNWRITABLE.
 */
export async function storeAdded(manifest: AddedManifest, store: ModelStore): Promise<void> {
  const replaced = await readOne(store, manifest.model).catch(() => undefined);
  await store.writing(async () => {
    await makeFolders(dirname(store.folder), ['models', 'added']);
    await writeDurably(manifestPath(store, manifest.model), seal(`added ${manifest.model}`, manifest));
    const kept = [manifest, replaced].map((one) => one && store.refFolder(addedEntry(one)));
    const versions = join(store.folder, 'refs', manifest.model, addedVariant);
    for (const name of await readdir(versions)) {
      const path = join(versions, name);
      if (!kept.includes(path)) await rm(path, { recursive: true, force: true });
    }
  });
}

/**
 * Forgets an added model, and then its files' names; collectGarbage frees what no other model has.
 * Throws AgentError MODEL_UNKNOWN, OUTPUT_UNWRITABLE.
 */
export async function removeAdded(model: string, store: ModelStore): Promise<void> {
  if (!isAdded(model, store)) {
    throw new AgentError('MODEL_UNKNOWN', `No model called ${JSON.stringify(model.slice(0, 100))} was added`);
  }
  await store.writing(async () => {
    await rm(manifestPath(store, bareName(model)));
    await syncPath(store.addedFolder);
    await rm(join(store.folder, 'refs', bareName(model), addedVariant), { recursive: true, force: true });
  });
}

function manifestPath(store: ModelStore, model: string): string {
  return join(store.addedFolder, `${model}.json`);
}

function bareName(name: string): string {
  return name.endsWith(`/${addedVariant}`) ? name.slice(0, -addedVariant.length - 1) : name;
}
