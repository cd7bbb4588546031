import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { absent } from './absent.js';

/** A file system of a few megabytes in memory, which can be filled to the last byte. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts one until the test ends; where that is not allowed skips the test aloud. */
  static require(t: Test, megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
    const options = `size=${megabytes}m,mode=0700`;
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
    if (mount.status === 0) {
      t.teardown(() => {
        // Lazy: a process that ends at this moment may still hold a file.
        spawnSync('umount', ['--lazy', folder]);
        rmdirSync(folder);
      });
      return new SmallDisk(folder);
    }
    rmdirSync(folder);
    return absent(t, `to mount a tmpfs, which takes root: ${mount.stderr ?? mount.error?.message}`);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }

  /** Leaves not one byte. */
  fill(): void {
    const file = openSync(this.#ballast, 'w');
    try {
      for (const bytes of [2 ** 20, 4096, 1]) writeUntilFull(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
    if (statfsSync(this.folder).bavail > 0) throw new Error(`${this.folder} could not be filled`);
  }

  /** Gives back what fill() took. */
  free(): void {
    rmSync(this.#ballast);
  }
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
