import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { checksumOf } from './catalog.js';
import type { CatalogFile } from './catalog-schema.js';

type Algorithm = 'sha256' | 'sha384' | 'sha512';

/** Hexadecimal digests of a file's bytes, which are read once for all of them. Throws the file system's error. */
export async function hashFile<Asked extends Algorithm>(
  path: string,
  ...algorithms: readonly Asked[]
): Promise<Record<Asked, string>> {
  const hashes = [...new Set(algorithms)].map((name) => ({ name, hash: createHash(name) }));
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    for (const { hash } of hashes) hash.update(chunk as Buffer);
  }
  return Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')])) as Record<
    Asked,
    string
  >;
}

/** Undefined where the file at `path` is the one that the catalog describes, else what is wrong with it. */
export async function checkFile(path: string, file: CatalogFile): Promise<string | undefined> {
  return (await checkAndHash(path, file)).fault;
}

export interface CheckedFile {
  /** What is wrong with it. */
  fault?: string;
  /** SHA-512 of the bytes that were found to be right. */
  sha512?: string;
}

/** checkFile, and a hash of the same bytes by which the engine knows them again. */
export async function checkAndHash(path: string, file: CatalogFile): Promise<CheckedFile> {
  const { algorithm, hex } = checksumOf(file);
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return { fault: 'it is no file' };
    if (stats.size !== file.bytes) return { fault: `expected ${file.bytes} bytes, found ${stats.size}` };
    const found = await hashFile(path, algorithm, 'sha512');
    if (found[algorithm] === hex) return { sha512: found.sha512 };
    return { fault: `expected ${algorithm} ${hex}, found ${found[algorithm]}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { fault: isMissing ? 'the file is missing' : `it cannot be read (${code})` };
  }
}
