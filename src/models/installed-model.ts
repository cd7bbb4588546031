import { AgentError } from '../errors.js';
import type { Skeleton } from '../pose/skeletons.js';
import { checksumOf, type ModelEntry, mainRole } from './catalog.js';
import type { FileRole, ModelFacts } from './catalog-schema.js';
import { modelFactsOf } from './model-facts.js';
import type { FindPackage } from './model-source.js';
import { filesOfPackage } from './package-files.js';
import { pull } from './pull.js';
import { toSkeleton } from './skeleton-field.js';
import type { ModelStore } from './store.js';

/** A model whose files are on this machine and have the bytes that were promised. */
export interface ResolvedModel extends Omit<ModelFacts, 'skeleton'> {
  /** As it is asked for: `id`, `id/variant`, `id@version`, or the path of a file. */
  name: string;
  id: string;
  variant: string;
  skeleton: Skeleton;
  /** Absolute paths. An ONNX file stands under `xml`. */
  files: Partial<Record<FileRole, string>>;
  /** The file that holds the main network. */
  main: string;
  /** `sha256:…` or `sha384:…` of each file. */
  checksums: Partial<Record<FileRole, string>>;
  /** SHA-512 of each file, by its path, of the bytes that were checked: the engine takes no others. */
  sha512: Readonly<Record<string, string>>;
  /** Where it is the activated one: by which name, and whether it has proven itself. */
  slot?: { name: string; phase: 'probation' | 'good' };
  /** Where `auto` was asked for: why it is this one. */
  reason?: string;
}

/** True where the model is in the store, or can be put there from an installed npm package. */
export async function isInstalled(
  entry: ModelEntry,
  store: ModelStore,
  findPackage: FindPackage,
): Promise<boolean> {
  return (await store.has(entry)) || comesWithPackage(entry, findPackage);
}

function comesWithPackage({ files }: ModelEntry, findPackage: FindPackage): boolean {
  return files.every(({ npm }) => npm !== undefined && findPackage(npm.package) !== undefined);
}

/**
 * The model with its files, every byte of which was read; those of an installed npm package are put into the store, or
 * run from the package where the store cannot be written.
 * Throws AgentError MODEL_NOT_INSTALLED, MODEL_CHECKSUM_MISMATCH, OUTPUT_UNWRITABLE.
 */
export async function resolveEntry(
  entry: ModelEntry,
  store: ModelStore,
  findPackage: FindPackage,
): Promise<ResolvedModel> {
  let files = store.paths(entry);
  let { faults, sha512 } = await store.check(entry);
  if (faults.length > 0 && (await store.holds(entry))) {
    // An installation was cut off before the last file had its name.
    await store.expose(entry);
    ({ faults, sha512 } = await store.check(entry));
  }
  if (faults.length > 0 && comesWithPackage(entry, findPackage)) {
    try {
      await pull(entry, { store, findPackage });
      ({ faults, sha512 } = await store.check(entry));
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'OUTPUT_UNWRITABLE') throw error;
      ({ files, sha512 } = await filesOfPackage(entry, findPackage).catch(() => {
        throw error;
      }));
      faults = [];
    }
  }
  if (faults.length > 0 && !(await store.hasAny(entry))) {
    throw new AgentError('MODEL_NOT_INSTALLED', `${entry.name} is not installed in ${store.folder}`);
  }
  if (faults.length > 0) {
    const list = faults.map(({ path, fault }) => `${path}: ${fault}`).join('; ');
    throw new AgentError('MODEL_CHECKSUM_MISMATCH', `${entry.name} is damaged: ${list}`);
  }
  const checksums = entry.files.map((file) => {
    const { algorithm, hex } = checksumOf(file);
    return [file.role, `${algorithm}:${hex}`];
  });
  return {
    name: entry.name,
    id: entry.model.id,
    variant: entry.variant,
    ...modelFactsOf(entry.model),
    skeleton: toSkeleton(entry.model.skeleton),
    files,
    main: files[mainRole(files)] as string,
    checksums: Object.fromEntries(checksums),
    sha512,
  };
}
