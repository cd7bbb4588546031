import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { checksumOf } from './catalog.js';
import type { CatalogFile } from './catalog-schema.js';

/** The hexadecimal digest of a file's bytes. Throws the file system's error. */
export async function hashFile(path: string, algorithm: 'sha256' | 'sha384'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

/** Undefined where the file at `path` is the one that the catalog describes, else what is wrong with it. */
export async function checkFile(path: string, file: CatalogFile): Promise<string | undefined> {
  const { algorithm, hex } = checksumOf(file);
  try {
    const found = await stat(path);
    if (!found.isFile()) return 'it is no file';
    const { size } = found;
    if (size !== file.bytes) return `expected ${file.bytes} bytes, found ${size}`;
    const digest = await hashFile(path, algorithm);
    return digest === hex ? undefined : `expected ${algorithm} ${hex}, found ${digest}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'the file is missing' : `it cannot be read (${code})`;
  }
}
