import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { AgentError } from '../errors.js';
import { skeletons } from '../pose/skeletons.js';
import { isAdded, readAdded } from './added-models.js';
import { isReadable, nothingReadable, readAutoChoice } from './auto-choice.js';
import { type Catalog, loadCatalog, type ModelEntry } from './catalog.js';
import type { FileRole, NetworkInput } from './catalog-schema.js';
import { hashFile } from './check-file.js';
import { findModel, type KnownModels } from './find-model.js';
import { type ResolvedModel, resolveEntry } from './installed-model.js';
import { maxFileBytes } from './manifest-schema.js';
import { type FindPackage, findInstalledPackage } from './model-source.js';
import { SlotsFile } from './slots-file.js';
import { type SlotsState, slotName, withoutUnproven } from './slots-state.js';
import { ModelStore } from './store.js';

export type { ResolvedModel } from './installed-model.js';

export interface ResolveOptions {
  stateDir: string;
  catalog?: Catalog | undefined;
  findPackage?: FindPackage | undefined;
  /** Whether the engine reads a network's file, by its path; all where left out. Only `auto` asks. */
  isReadable?: ((path: string) => boolean) | undefined;
  /** The only model that is taken while it is on probation; in place of another the one before it. Any where left out. */
  proving?: string | null | undefined;
}

/**
 * Finds the model that a configuration names, and reads every byte of it once. Never downloads and never takes
 * another one; files of an installed npm package are put into the store.
 * `auto` is what was activated last, without that what `models pull` chose, else the first of the catalog's list that
 * is there. The bare name of a model with updates is the version of it that is current or was proven good last.
 * Throws AgentError MODEL_UNKNOWN, MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH, MODEL_UNREADABLE, and
 * MODEL_FORMAT_UNSUPPORTED where `auto` finds only what the engine does not read.
 */
export async function resolveInstalled(name: string, options: ResolveOptions): Promise<ResolvedModel> {
  const catalog = options.catalog ?? loadCatalog();
  const store = new ModelStore(options.stateDir);
  if (!isAdded(name, store) && isPath(name, catalog)) return resolveFile(name);
  const { state: stored } = await new SlotsFile(store).read();
  const { proving } = options;
  const state = proving === undefined ? stored : withoutUnproven(stored, proving);
  const known: KnownModels = { catalog, state, added: await readAdded(store) };
  const found = async (entry: ModelEntry) => ({
    ...(await resolveEntry(entry, store, options.findPackage ?? findInstalledPackage)),
    ...slotOf(entry, state),
  });
  if (name !== 'auto') return found(findModel(name, known));
  // A damaged model, a current one that is gone, or one that the engine does not read is not passed over: that would
  // change what the box runs without a word.
  const current = currentEntry(known);
  if (current !== undefined) {
    return { ...(await found(current)), reason: `activated on ${state.current?.at}` };
  }
  const unreadable: string[] = [];
  for (const [entry, reason] of await withoutSlots(store, catalog)) {
    if (!isReadable(entry, options.isReadable)) {
      unreadable.push(entry.name);
      continue;
    }
    try {
      return { ...(await found(entry)), reason };
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    }
  }
  if (unreadable.length > 0) throw nothingReadable(unreadable);
  const names = catalog.auto.map((entry) => entry.name).join(' nor ');
  throw new AgentError('MODEL_NOT_INSTALLED', `model auto: neither ${names} is installed in ${store.folder}`);
}

/** The activated model; undefined where there is none, or where this version's catalog does not know it any more. */
function currentEntry(known: KnownModels): ModelEntry | undefined {
  const { current } = known.state;
  if (current === null) return undefined;
  try {
    return findModel(current.name, known);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'MODEL_UNKNOWN') return undefined;
    throw error;
  }
}

function slotOf(entry: ModelEntry, { current }: SlotsState): Pick<ResolvedModel, 'slot'> {
  if (current === null || current.name !== slotName(entry)) return {};
  return { slot: { name: current.name, phase: current.phase } };
}

/** What `auto` can be while nothing is activated, best first, each with the reason. */
async function withoutSlots(store: ModelStore, catalog: Catalog): Promise<Map<ModelEntry, string>> {
  const { choice, faults } = await readAutoChoice(store);
  // What an earlier version chose may be no name of this one's catalog.
  const chosen = catalog.entries.find((entry) => entry.name === choice?.model);
  const tried = new Map<ModelEntry, string>();
  if (chosen !== undefined) tried.set(chosen, `chosen on ${choice?.at}: ${choice?.reason}`);
  const otherwise =
    choice === undefined && faults.length > 0
      ? `the best of what is installed; what \`models pull\` chose cannot be read: ${faults.join('; ')}`
      : 'the best of what is installed; nothing else was chosen by `models pull`';
  for (const entry of catalog.auto) if (!tried.has(entry)) tried.set(entry, otherwise);
  return tried;
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
  const hashes: Record<string, string> = {};
  for (const [role, path] of Object.entries(files)) {
    const { sha256, sha512 } = await hashFile(path, 'sha256', 'sha512');
    checksums[role as FileRole] = `sha256:${sha256}`;
    hashes[path] = sha512;
  }
  return {
    name,
    id: basename(main, extension),
    variant: 'file',
    family: 'openpose',
    skeleton: skeletons.openpose18,
    files,
    main,
    inputs: { xml: openPoseInput },
    outputs: undefined,
    checksums,
    sha512: hashes,
  };
}

function requireFile(path: string, what: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() && found.size > 0 && found.size <= maxFileBytes) return;
  const state =
    found === undefined
      ? 'does not exist'
      : !found.isFile()
        ? 'is no file'
        : found.size === 0
          ? 'is empty'
          : `has more than ${maxFileBytes} bytes`;
  throw new AgentError('MODEL_UNREADABLE', `${path} (${what}) ${state}`);
}
