import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ModelEntry } from './catalog.js';
import type { FileRole } from './catalog-schema.js';
import { checkAndHash } from './check-file.js';
import { type FindPackage, packageSource } from './model-source.js';

/** Of this process, by the model's name; they go with it. */
const folders = new Map<string, string>();

export interface PackageFiles {
  /** Absolute paths. */
  files: Partial<Record<FileRole, string>>;
  /** As in ResolvedModel. */
  sha512: Record<string, string>;
}

/**
 * A model that an npm package ships, in its place there, for a machine whose store cannot be written: a temporary folder
 * has its files by the names that an inference runtime knows them by. Throws where one of them is not what the catalog
 * promises, or where there can be no such folder.
 */
export async function filesOfPackage(entry: ModelEntry, findPackage: FindPackage): Promise<PackageFiles> {
  const found: PackageFiles = { files: {}, sha512: {} };
  for (const file of entry.files) {
    const source = file.npm && packageSource(file.npm, findPackage);
    const target = source?.kind === 'file' ? source.path : '';
    const { fault, sha512 } = await checkAndHash(target, file);
    if (sha512 === undefined) throw new Error(`${target}: ${fault}`);
    const path = join(folderOf(entry.name), basename(file.path));
    rmSync(path, { force: true });
    symlinkSync(target, path);
    found.files[file.role] = path;
    found.sha512[path] = sha512;
  }
  return found;
}

function folderOf(name: string): string {
  const known = folders.get(name);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'pose-agent-model-'));
  if (folders.size === 0) {
    process.once('exit', () => {
      for (const one of folders.values()) rmSync(one, { recursive: true, force: true });
    });
  }
  folders.set(name, folder);
  return folder;
}
