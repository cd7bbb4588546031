import { basename, dirname, join, resolve } from 'node:path';
import { AgentError } from '../errors.js';
import type { BundledDetector } from './bundled-detector.js';
import type { FileRole, ModelFamily } from './catalog-schema.js';
import { familyRules, isTopDown } from './family-rules.js';
import {
  type FoundManifest,
  findInFolder,
  findManifest,
  findNetworkFile,
  kindOf,
  type NetworkFile,
  readOwnManifest,
  requireFile,
} from './find-model-files.js';
import { ownModelName } from './manifest-schema.js';
import type { ModelOutline, PictureSize } from './model-outline.js';
import type { OwnManifest } from './own-manifest.js';
import { proposeDetector } from './propose-detector.js';
import { type ProposedFacts, proposeManifest } from './propose-manifest.js';

export interface DraftOptions {
  /** A model file, or the folder that it lies in. */
  path?: string | undefined;
  /** A manifest, where it is not the manifest.json of the folder. */
  manifest?: string | undefined;
  /** The file of a person detector. */
  detector?: string | undefined;
  name?: string | undefined;
  family?: ModelFamily | undefined;
  skeleton?: string | undefined;
  size?: PictureSize | undefined;
  inspect: (path: string, size?: PictureSize) => Promise<ModelOutline>;
  /** For families that need a detector where none is given. */
  bundledDetector: () => Promise<BundledDetector>;
}

export interface DraftFile {
  readonly role: FileRole;
  readonly path: string;
  /** As a manifest called it, from its own folder. */
  readonly listed?: string;
  /** It comes with the agent. */
  readonly bundled?: true;
  /** As the manifest has it. */
  readonly expected?: { readonly bytes?: number | undefined; readonly sha256?: string | undefined };
}

/** A model that somebody brings: what is said or proposed of it, and where its files are. */
export interface ModelDraft {
  readonly name: string;
  /** To be read as those of a manifest: nothing is checked yet. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly files: readonly DraftFile[];
  /** Of the network that finds keypoints. */
  readonly outline: ModelOutline;
  readonly proposed: boolean;
}

/**
 * What a model file or folder is: as its manifest says, or else as its inputs and outputs tell. Throws AgentError
 * MODEL_UNREADABLE, MODEL_UNDECIDED, MODEL_SHAPE_MISMATCH, MODEL_MANIFEST_INVALID, and what the engine gives.
 */
export async function draftModel(options: DraftOptions): Promise<ModelDraft> {
  const found = await findDescription(options);
  return found === undefined ? propose(options) : describe(found, options);
}

async function findDescription({ path, manifest }: DraftOptions): Promise<FoundManifest | undefined> {
  if (manifest !== undefined) return readOwnManifest(manifest);
  return path !== undefined && (await kindOf(path)) === 'folder' ? findManifest(path) : undefined;
}

async function propose(options: DraftOptions): Promise<ModelDraft> {
  const { path = '.', inspect, family, skeleton, size } = options;
  const network = await networkAt(path);
  const name = nameOf(path, options.name);
  const outline = await inspect(network.path, size);
  const facts = proposeManifest(outline, { what: network.path, family, skeleton });
  const files = filesOf(network, mainRoleOf(facts.family));
  const found = await proposedDetector(facts, options);
  return {
    name,
    facts: {
      ...facts,
      inputs: { ...facts.inputs, ...found.inputs },
      ...(isTopDown(facts.family) && { detector: found.detector }),
    },
    files: [...files, ...found.files],
    outline,
    proposed: true,
  };
}

interface FoundDetector {
  inputs: ProposedFacts['inputs'];
  detector?: unknown;
  files: DraftFile[];
}

async function proposedDetector(
  { family }: Pick<ProposedFacts, 'family'>,
  { detector, inspect, bundledDetector }: DraftOptions,
): Promise<FoundDetector> {
  if (!needsDetector(family)) {
    if (detector === undefined) return { inputs: {}, files: [] };
    throw new AgentError('MODEL_SHAPE_MISMATCH', `${family} models need no detector: leave out --detector`);
  }
  if (detector === undefined) {
    const { path, input } = await bundledDetector();
    return {
      inputs: { detector: input },
      detector: { kind: 'blazepose' },
      files: [{ role: 'detector', path, bundled: true }],
    };
  }
  const network = await findNetworkFile(detector);
  const { input, detector: facts } = proposeDetector(await inspect(network.path), network.path);
  if (family === 'blazepose' && facts.kind !== 'blazepose') {
    const message = `${detector} is a detector of the kind ${facts.kind}; blazepose takes its own alone`;
    throw new AgentError('MODEL_SHAPE_MISMATCH', message);
  }
  return { inputs: { detector: input }, detector: facts, files: filesOf(network, 'detector') };
}

/** The manifest's word holds; it is only completed where it leaves out what is plain. */
async function describe(found: FoundManifest, options: DraftOptions): Promise<ModelDraft> {
  const { inspect } = options;
  const { manifest, path } = found;
  refuseFlags(path, options);
  const { files: _, model, ...facts } = manifest;
  const files = await describedFiles(found, options);
  const main = files.find(({ role }) => role === mainRoleOf(manifest.family));
  if (main === undefined) {
    throw new AgentError('MODEL_MANIFEST_INVALID', `${path}: files has no ${mainRoleOf(manifest.family)}`);
  }
  const outline = await inspect(main.path);
  const bundled = files.some((file) => file.bundled);
  const input =
    bundled && manifest.inputs.detector === undefined ? await options.bundledDetector() : undefined;
  return {
    name: options.name ?? model ?? nameOf(options.path ?? main.path),
    facts: input ? { ...facts, inputs: { ...facts.inputs, detector: input.input } } : facts,
    files,
    outline,
    proposed: false,
  };
}

function refuseFlags(path: string, { family, skeleton, size }: DraftOptions): void {
  const given = { '--family': family, '--skeleton': skeleton, '--input': size };
  const flags = Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (flags.length === 0) return;
  const message = `${path} says itself what the model is: leave out ${flags.join(' and ')}, or change it there`;
  throw new AgentError('MODEL_MANIFEST_INVALID', message);
}

async function describedFiles(found: FoundManifest, options: DraftOptions): Promise<DraftFile[]> {
  const { path, detector, bundledDetector } = options;
  const { manifest } = found;
  const isFile = path !== undefined && (await kindOf(path)) === 'file';
  const folder = path === undefined || isFile ? dirname(found.path) : path;
  const listed = listedFiles(manifest, folder);
  const network =
    listed.length > 0 && !isFile
      ? listed.filter(({ role }) => !isOfDetector(role))
      : filesOf(await networkAt(isFile ? path : folder), mainRoleOf(manifest.family));
  const files = [...network, ...listed.filter(({ role }) => isOfDetector(role))];
  for (const file of files) await requireFile(file.path);
  const hasDetector = files.some(({ role }) => role === 'detector');
  if (detector !== undefined && (hasDetector || !needsDetector(manifest.family))) {
    const reason = hasDetector
      ? 'names a detector itself'
      : `is of a ${manifest.family} model, which needs none`;
    throw new AgentError('MODEL_MANIFEST_INVALID', `${found.path} ${reason}: leave out --detector`);
  }
  if (!needsDetector(manifest.family) || hasDetector) return files;
  if (detector !== undefined) return [...files, ...filesOf(await findNetworkFile(detector), 'detector')];
  const isBlazePose = manifest.family === 'blazepose' || manifest.detector?.kind === 'blazepose';
  if (!isBlazePose) return files;
  return [...files, { role: 'detector', path: (await bundledDetector()).path, bundled: true }];
}

function listedFiles({ files = [] }: OwnManifest, folder: string): DraftFile[] {
  return files.map(({ role, path, bytes, sha256 }) => ({
    role,
    path: join(folder, path),
    listed: path,
    expected: { bytes, sha256 },
  }));
}

async function networkAt(path: string): Promise<NetworkFile> {
  return (await kindOf(path)) === 'folder' ? findInFolder(path) : findNetworkFile(path);
}

function filesOf({ path, weights }: NetworkFile, role: FileRole): DraftFile[] {
  if (weights === undefined) return [{ role, path }];
  return [
    { role, path },
    { role: role === 'detector' ? 'detector_bin' : 'bin', path: weights },
  ];
}

function mainRoleOf(family: ModelFamily): FileRole {
  return family === 'blazepose' ? 'landmarks' : 'xml';
}

function needsDetector(family: ModelFamily): boolean {
  return familyRules[family].required.includes('detector');
}

function isOfDetector(role: FileRole): boolean {
  return role === 'detector' || role === 'detector_bin';
}

/** A model is called like its file or folder where nobody says otherwise. Throws AgentError MODEL_UNDECIDED. */
function nameOf(path: string, given?: string): string {
  if (given !== undefined) return given;
  const name = basename(resolve(path)).replace(/\.(xml|onnx|tflite)$/, '');
  if (ownModelName.safeParse(name).success) return name;
  const message = `${JSON.stringify(name)} cannot be a model's name: say one with --name, of letters, digits, . _ and -`;
  throw new AgentError('MODEL_UNDECIDED', message);
}
