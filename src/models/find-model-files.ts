import { access, constants, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AgentError } from '../errors.js';
import { readBounded, unreadableReason as reasonOf } from '../read-bounded.js';
import { type OwnManifest, ownManifestSchema } from './own-manifest.js';
import { parseDocument } from './parse-document.js';

/** A file of a model that somebody brings, and the other half where it is an OpenVINO IR. */
export interface NetworkFile {
  readonly path: string;
  readonly weights?: string;
}

export interface FoundManifest {
  readonly path: string;
  readonly manifest: OwnManifest;
}

const endings = ['.xml', '.onnx', '.tflite'];
const manifestName = 'manifest.json';
const maxManifestBytes = 1024 * 1024;

/** What lies at a path, links followed. Throws AgentError MODEL_UNREADABLE. */
export async function kindOf(path: string): Promise<'file' | 'folder'> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new AgentError('MODEL_UNREADABLE', `${path} ${reasonOf(cause)}`, { cause });
  });
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  throw new AgentError('MODEL_UNREADABLE', `${path} is neither a file nor a folder`);
}

/** Throws AgentError MODEL_UNREADABLE unless it is a file with something in it that may be read. */
export async function requireFile(path: string): Promise<void> {
  if ((await kindOf(path)) === 'folder') throw new AgentError('MODEL_UNREADABLE', `${path} is a folder`);
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    const reason = reasonOf(cause as NodeJS.ErrnoException);
    throw new AgentError('MODEL_UNREADABLE', `${path} ${reason}`, { cause });
  }
  if ((await stat(path)).size === 0) throw new AgentError('MODEL_UNREADABLE', `${path} is empty`);
}

/** A model file with what belongs to it. Throws AgentError MODEL_UNREADABLE. */
export async function findNetworkFile(path: string): Promise<NetworkFile> {
  await requireFile(path);
  const ending = extname(path);
  if (!endings.includes(ending)) {
    const hint = ending === '.bin' ? ': name the .xml beside it' : '';
    const message = `${path} ends in ${ending || 'nothing'}; expected ${endings.join(', ')}${hint}`;
    throw new AgentError('MODEL_UNREADABLE', message);
  }
  if (ending !== '.xml') return { path };
  const weights = `${path.slice(0, -ending.length)}.bin`;
  await requireFile(weights);
  return { path, weights };
}

/** The one model file of a folder. Throws AgentError MODEL_UNREADABLE. */
export async function findInFolder(folder: string): Promise<NetworkFile> {
  const all = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new AgentError('MODEL_UNREADABLE', `${folder} ${reasonOf(cause)}`, { cause });
  });
  const names = all.filter((name) => endings.includes(extname(name))).sort();
  const [name] = names;
  if (name !== undefined && names.length === 1) return findNetworkFile(join(folder, name));
  const found = names.length === 0 ? 'none' : `${names.slice(0, 8).join(', ')}: name one of them`;
  throw new AgentError(
    'MODEL_UNREADABLE',
    `${folder}: expected one file ending in ${endings.join(', ')}, or a ${manifestName} that names them; found ${found}`,
  );
}

/** The manifest of a folder, or undefined. Throws AgentError MODEL_MANIFEST_INVALID. */
export async function findManifest(folder: string): Promise<FoundManifest | undefined> {
  const path = join(folder, manifestName);
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : readOwnManifest(path);
}

/** Throws AgentError MODEL_MANIFEST_INVALID. */
export async function readOwnManifest(path: string): Promise<FoundManifest> {
  const refuse = (reason: string): never => {
    throw new AgentError('MODEL_MANIFEST_INVALID', `${path} ${reason}`);
  };
  const bytes = await readBounded(path, maxManifestBytes).catch((error) => refuse(reasonOf(error)));
  return { path, manifest: parseDocument(bytes, ownManifestSchema, path) };
}
