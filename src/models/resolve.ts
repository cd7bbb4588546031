import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { AgentError } from '../errors.js';
import type { SkeletonName } from '../pose/skeletons.js';
import { readAutoChoice } from './auto-choice.js';
import { type Catalog, type CatalogEntry, checksumOf, loadCatalog, mainRole } from './catalog.js';
import type { CatalogModel, FileRole, ModelFamily, NetworkInput } from './catalog-schema.js';
import { hashFile } from './check-file.js';
import { type FindPackage, findInstalledPackage } from './model-source.js';
import { pull } from './pull.js';
import { ModelStore } from './store.js';

/** A model whose files are on this machine and have the bytes that were promised. */
export interface ResolvedModel {
  /** As it is asked for: `id`, `id/variant`, or the path of a file. */
  name: string;
  id: string;
  variant: string;
  family: ModelFamily;
  skeleton: SkeletonName;
  /** Absolute paths. An ONNX file stands under `xml`. */
  files: Partial<Record<FileRole, string>>;
  /** The file that holds the main network. */
  main: string;
  /** One for each network, under the role of the file that holds it. */
  inputs: Partial<Record<FileRole, NetworkInput>>;
  /** Names of the outputs, where the catalog has them. */
  outputs: CatalogModel['outputs'];
  /** `sha256:…` or `sha384:…` of each file. */
  checksums: Partial<Record<FileRole, string>>;
  /** Where `auto` was asked for: why it is this one. */
  reason?: string;
}

export interface ResolveOptions {
  stateDir: string;
  catalog?: Catalog | undefined;
  findPackage?: FindPackage | undefined;
}

/**
 * Finds the model that a configuration names, and reads every byte of it once. Never downloads and never takes
 * another one; files of an installed npm package are put into the store.
 * `auto` is what `models pull` chose, else the first of the catalog's list that is there.
 * Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH, MODEL_UNREADABLE.
 */
export async function resolveInstalled(name: string, options: ResolveOptions): Promise<ResolvedModel> {
  const catalog = options.catalog ?? loadCatalog();
  if (isPath(name, catalog)) return resolveFile(name);
  const store = new ModelStore(options.stateDir);
  const found = (entry: CatalogEntry) =>
    resolveEntry(entry, store, options.findPackage ?? findInstalledPackage);
  if (name !== 'auto') return found(catalog.find(name));

  const choice = await readAutoChoice(store);
  // What an earlier version chose may be no name of this one's catalog.
  const chosen = catalog.entries.find((entry) => entry.name === choice?.model);
  const tried = new Map<CatalogEntry, string>();
  if (chosen !== undefined) tried.set(chosen, `chosen on ${choice?.at}: ${choice?.reason}`);
  for (const entry of catalog.auto) {
    if (!tried.has(entry))
      tried.set(entry, 'the best of what is installed; nothing else was chosen by `models pull`');
  }
  for (const [entry, reason] of tried) {
    try {
      return { ...(await found(entry)), reason };
    } catch (error) {
      // A damaged model is not passed over: that would change what the box runs without a word.
      if (!(error instanceof AgentError) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    }
  }
  const names = catalog.auto.map((entry) => entry.name).join(' nor ');
  throw new AgentError('MODEL_NOT_INSTALLED', `model auto: neither ${names} is installed in ${store.folder}`);
}

/** True where the model is in the store, or can be put there from an installed npm package. */
export async function isInstalled(
  entry: CatalogEntry,
  store: ModelStore,
  findPackage: FindPackage,
): Promise<boolean> {
  return (await store.has(entry)) || comesWithPackage(entry, findPackage);
}

function comesWithPackage({ files }: CatalogEntry, findPackage: FindPackage): boolean {
  return files.every(({ npm }) => npm !== undefined && findPackage(npm.package) !== undefined);
}

async function resolveEntry(
  entry: CatalogEntry,
  store: ModelStore,
  findPackage: FindPackage,
): Promise<ResolvedModel> {
  const files = store.paths(entry);
  let faults = await store.faults(entry);
  if (faults.length > 0 && comesWithPackage(entry, findPackage)) {
    await pull(entry, { store, findPackage });
    faults = await store.faults(entry);
  }
  if (faults.length > 0 && !(await store.hasAny(entry))) {
    throw new AgentError('MODEL_NOT_INSTALLED', `${entry.name} is not installed in ${store.folder}`);
  }
  if (faults.length > 0) {
    const list = faults.map(({ path, fault }) => `${path}: ${fault}`).join('; ');
    throw new AgentError('MODEL_CHECKSUM_MISMATCH', `${entry.name} is damaged: ${list}`);
  }
  const { id, family, skeleton, inputs, outputs } = entry.model;
  const checksums = entry.files.map((file) => {
    const { algorithm, hex } = checksumOf(file);
    return [file.role, `${algorithm}:${hex}`];
  });
  return {
    name: entry.name,
    id,
    variant: entry.variant,
    family,
    skeleton,
    files,
    main: files[mainRole(files)] as string,
    inputs,
    outputs,
    checksums: Object.fromEntries(checksums),
  };
}

/** Whatever cannot be a catalog's name: with a folder in front or with the ending of a model file. */
function isPath(name: string, catalog: Catalog): boolean {
  if (/\.(xml|onnx|tflite)$/i.test(name) || /^(\.{0,2}\/)/.test(name)) return true;
  return name.includes('/') && !catalog.knows(name);
}

/** What OpenPose networks take where nobody says otherwise. */
const openPoseInput: NetworkInput = {
  height: 256,
  width: 456,
  stride: 8,
  color: 'bgr',
  mean: 0,
  scale: 1,
  resize: 'letterbox-top-left',
};

/** A file of the user's own, taken for a network with OpenPose outputs; the engine compares their shapes. */
async function resolveFile(name: string): Promise<ResolvedModel> {
  const main = resolve(name);
  requireFile(main, 'the model file');
  const files: Partial<Record<FileRole, string>> = { xml: main };
  const extension = extname(main);
  if (extension.toLowerCase() === '.xml') {
    files.bin = `${main.slice(0, -extension.length)}.bin`;
    requireFile(files.bin, 'the weights that belong beside the .xml');
  }
  const checksums: Partial<Record<FileRole, string>> = {};
  for (const [role, path] of Object.entries(files)) {
    checksums[role as FileRole] = `sha256:${await hashFile(path, 'sha256')}`;
  }
  return {
    name,
    id: basename(main, extension),
    variant: 'file',
    family: 'openpose',
    skeleton: 'openpose18',
    files,
    main,
    inputs: { xml: openPoseInput },
    outputs: undefined,
    checksums,
  };
}

function requireFile(path: string, what: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() && found.size > 0) return;
  const state = found === undefined ? 'does not exist' : found.isFile() ? 'is empty' : 'is no file';
  throw new AgentError('MODEL_UNREADABLE', `${path} (${what}) ${state}`);
}
