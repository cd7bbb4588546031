import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.js';
import { chooseEngine } from '../engine/choose-engine.js';
import { inspectModel } from '../engine/inspect-model.js';
import { AgentError } from '../errors.js';
import { addedEntry, isAdded, storeAdded } from '../models/added-models.js';
import { type BundledDetector, findBundledDetector } from '../models/bundled-detector.js';
import { loadCatalog, mainRole, totalBytes } from '../models/catalog.js';
import { type DraftFile, type DraftOptions, draftModel, type ModelDraft } from '../models/draft-model.js';
import { familyFaults } from '../models/family-faults.js';
import { measureFile } from '../models/measure-file.js';
import { modelFactsOf } from '../models/model-facts.js';
import type { ModelOutline, PictureSize } from '../models/model-outline.js';
import { findInstalledPackage } from '../models/model-source.js';
import { type AddedManifest, addedManifestSchema, type OwnManifest } from '../models/own-manifest.js';
import { listFaults, parseDocument } from '../models/parse-document.js';
import { type PullProgress, pull } from '../models/pull.js';
import type { ResolvedModel } from '../models/resolve.js';
import { toSkeleton } from '../models/skeleton-field.js';
import { SlotsFile } from '../models/slots-file.js';
import { ModelStore } from '../models/store.js';
import type { ModelOpening } from './model-opening.js';
import { type ModelTrial, tryModel } from './try-model.js';

export interface AddModelOptions extends Omit<DraftOptions, 'inspect' | 'bundledDetector'> {
  config: Config;
  /** Replaces a model of the same name that was added before. */
  force?: boolean | undefined;
  /** Nothing is written. */
  dryRun?: boolean | undefined;
  /** What is being done, for people who watch. */
  onStep?: ((step: string) => void) | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Where the engine builds a plan to try it. */
  onOpening?: ((opening: ModelOpening) => void) | undefined;
}

export interface AddModelResult {
  name: string;
  installed: boolean;
  /** Of all its files. */
  bytes: number;
  /** To be kept beside the files, and changed there. */
  manifest: OwnManifest;
  /** It was proposed, and not read. */
  proposed: boolean;
  trial: ModelTrial;
  outline: ModelOutline;
}

/**
 * Installs a model of somebody's own: finds out what it is, tries it on the engine of the configuration, and only then
 * takes its files in. The description comes last: whenever it is cut off, there is no such model.
 * Throws AgentError as draftModel and tryModel do, and MODEL_NAME_TAKEN, MODEL_CHECKSUM_MISMATCH, OUTPUT_UNWRITABLE.
 */
export async function addModel(options: AddModelOptions): Promise<AddModelResult> {
  const { config, dryRun = false, onOpening, onStep = () => undefined } = options;
  const engine = chooseEngine(config.model.engine);
  const folder = await mkdtemp(join(tmpdir(), 'pose-agent-'));
  try {
    onStep('reading the model');
    const draft = await draftModel({
      ...options,
      inspect: (path, size) => inspectModel(engine, path, size),
      bundledDetector: () => bundledDetector(folder),
    });
    const store = new ModelStore(config.state_dir);
    await requireFreeName(draft.name, store, options.force === true);
    const manifest = await completed(draft);
    onStep('trying it');
    // A plan that took minutes is kept for the agent; what OpenVINO compiles in a second need not be.
    const uncached = dryRun || engine !== 'tensorrt';
    const trial = await tryModel({ config, model: resolved(manifest, draft.files), onOpening, uncached });
    if (!dryRun) await install(manifest, { draft, store, options });
    return {
      name: draft.name,
      installed: !dryRun,
      bytes: totalBytes(manifest.files),
      manifest: portable(manifest, draft.files),
      proposed: draft.proposed,
      trial,
      outline: draft.outline,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Under a name that tells its format: that of the package does not. */
async function bundledDetector(folder: string): Promise<BundledDetector> {
  const found = await findBundledDetector(loadCatalog(), findInstalledPackage);
  const path = join(folder, basename(found.file.path));
  await symlink(found.path, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return { ...found, path };
}

/** Throws AgentError MODEL_NAME_TAKEN. */
async function requireFreeName(name: string, store: ModelStore, force: boolean): Promise<void> {
  const { state } = await new SlotsFile(store).read();
  const holder = loadCatalog().knows(name)
    ? 'a model of the catalog'
    : state.floors.some(({ model }) => model === name)
      ? 'a model that came as an update'
      : undefined;
  if (holder !== undefined) {
    throw new AgentError('MODEL_NAME_TAKEN', `${name} is ${holder}: give another name with --name`);
  }
  if (force || !isAdded(name, store)) return;
  const message = `${name} was added before: give another name with --name, or replace it with --force`;
  throw new AgentError('MODEL_NAME_TAKEN', message);
}

/** The manifest as it will be kept. Throws AgentError MODEL_MANIFEST_INVALID, MODEL_SHAPE_MISMATCH,
 *  MODEL_CHECKSUM_MISMATCH, MODEL_UNREADABLE. */
async function completed({ name, facts, files }: ModelDraft): Promise<AddedManifest> {
  const measured: AddedManifest['files'] = [];
  for (const { role, path, expected } of files) {
    const found = await measureFile(path);
    const { bytes = found.bytes, sha256 = found.sha256 } = expected ?? {};
    if (bytes !== found.bytes || sha256 !== found.sha256) {
      const words = `expected ${bytes} bytes with sha256 ${sha256}, found ${found.bytes} with ${found.sha256}`;
      throw new AgentError('MODEL_CHECKSUM_MISMATCH', `${path}: ${words}`);
    }
    measured.push({ role, path: storedPath(name, role, path), ...found });
  }
  const document = { ...facts, v: 1, model: name, files: measured, at: new Date().toISOString() };
  const bytes = Buffer.from(JSON.stringify(document));
  const manifest = parseDocument(bytes, addedManifestSchema, `The manifest of ${name}`);
  const faults = familyFaults(manifest);
  if (faults.length === 0) return manifest;
  throw new AgentError(
    'MODEL_SHAPE_MISMATCH',
    `${name} is no ${manifest.family} model: ${listFaults(faults)}`,
  );
}

/** Files of anybody's may be called anything. The two halves of an IR find each other by their name. */
function storedPath(name: string, role: DraftFile['role'], path: string): string {
  const stem = role === 'detector' || role === 'detector_bin' ? 'detector' : 'model';
  return `${name}/${stem}${extname(path).toLowerCase()}`;
}

function resolved(manifest: AddedManifest, files: readonly DraftFile[]): ResolvedModel {
  const paths = Object.fromEntries(files.map(({ role, path }) => [role, path])) as ResolvedModel['files'];
  return {
    name: manifest.model,
    id: manifest.model,
    variant: 'trial',
    ...modelFactsOf(manifest),
    skeleton: toSkeleton(manifest.skeleton),
    files: paths,
    main: paths[mainRole(paths)] as string,
    checksums: Object.fromEntries(manifest.files.map(({ role, sha256 }) => [role, `sha256:${sha256}`])),
    sha512: {},
  };
}

/** The manifest that would do the same again from the folder of the files. */
function portable(manifest: AddedManifest, drafted: readonly DraftFile[]): OwnManifest {
  const { v, model, files, at: _, ...facts } = manifest;
  const listed = files.flatMap((file) => {
    const from = drafted.find(({ role }) => role === file.role);
    return from === undefined || from.bundled ? [] : [{ ...file, path: from.listed ?? basename(from.path) }];
  });
  return { v, model, ...facts, files: listed };
}

async function install(
  manifest: AddedManifest,
  { draft, store, options }: { draft: ModelDraft; store: ModelStore; options: AddModelOptions },
): Promise<void> {
  const entry = addedEntry(manifest);
  const localFiles = Object.fromEntries(draft.files.map(({ role, path }) => [role, path]));
  options.onStep?.('taking its files in');
  try {
    await pull(entry, { store, localFiles, onProgress: options.onProgress });
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'MODEL_CHECKSUM_MISMATCH') throw error;
    throw new AgentError('MODEL_UNREADABLE', `A file changed while it was added: ${error.message}`, {
      cause: error,
    });
  }
  await requireWhole(manifest, { draft, store, config: options.config, size: options.size });
  await storeAdded(manifest, store);
}

/** Some exporters put weights into files of their own, which are not beside it any more. Throws AgentError
 *  MODEL_UNREADABLE. */
async function requireWhole(
  manifest: AddedManifest,
  about: { draft: ModelDraft; store: ModelStore; config: Config; size: PictureSize | undefined },
): Promise<void> {
  const { draft, store, config, size } = about;
  const paths = store.paths(addedEntry(manifest));
  const main = mainRole(paths);
  for (const { role, path } of draft.files) {
    if (role !== main && role !== 'detector') continue;
    let reason = 'it has other inputs and outputs there';
    try {
      const outline = await inspectModel(
        chooseEngine(config.model.engine),
        paths[role] as string,
        role === main ? size : undefined,
      );
      if (role !== main || isDeepStrictEqual(outline, draft.outline)) continue;
    } catch (error) {
      reason = (error as Error).message;
    }
    await rm(store.refFolder(addedEntry(manifest)), { recursive: true, force: true });
    const words = `cannot be read without the files beside it; export it into one file (${reason})`;
    throw new AgentError('MODEL_UNREADABLE', `${path} ${words}`);
  }
}
