import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** Why a file is not read, in an error with the `code` of the file system, ENOTREG where it is no regular file. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  constructor(
    readonly code: string,
    /** Completes "the file …". */
    readonly reason: string,
    path: string,
  ) {
    super(`${path} ${reason}`);
  }
}

/** A pipe in a file's place would keep whoever opens it waiting for a writer, for ever. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * The bytes of a regular file. What stands in its place (a folder, a pipe, a device) is not waited for, and what is
 * larger than `maxBytes` is not read. Throws UnreadableFileError, or the file system's error.
 */
export async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(path, flags);
  try {
    const buffer = Buffer.alloc(sizeOf(await handle.stat(), path, maxBytes));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** As readBounded. */
export function readBoundedSync(path: string, maxBytes: number): Buffer {
  const file = openSync(path, flags);
  try {
    const buffer = Buffer.alloc(sizeOf(fstatSync(file), path, maxBytes));
    let filled = 0;
    while (filled < buffer.length) {
      const bytesRead = readSync(file, buffer, filled, buffer.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/**
 * The bytes of one of the kernel's own files (/proc), which have no size before they are read. Throws
 * UnreadableFileError where it has more than `maxBytes`, or the file system's error.
 */
export function readKernelFileSync(path: string, maxBytes: number): Buffer {
  const file = openSync(path, flags);
  try {
    const chunks: Buffer[] = [];
    for (let left = maxBytes; ; ) {
      const chunk = Buffer.alloc(64 * 1024);
      const bytesRead = readSync(file, chunk);
      if (bytesRead === 0) return Buffer.concat(chunks);
      left -= bytesRead;
      if (left < 0) {
        throw new UnreadableFileError('EFBIG', `has more than ${maxBytes} bytes, which is too many`, path);
      }
      chunks.push(chunk.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
}

/** Completes "the file …" with why it could not be read. */
export function unreadableReason(error: unknown): string {
  if (error instanceof UnreadableFileError) return error.reason;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'ELOOP') return 'is a link that leads in a circle';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read (${code})`;
}

function sizeOf(found: Stats, path: string, maxBytes: number): number {
  if (found.isDirectory()) throw new UnreadableFileError('EISDIR', 'is a folder, expected a file', path);
  if (!found.isFile()) throw new UnreadableFileError('ENOTREG', 'is no regular file', path);
  if (found.size <= maxBytes) return found.size;
  const reason = `has ${found.size} bytes, expected at most ${maxBytes}`;
  throw new UnreadableFileError('EFBIG', reason, path);
}
