import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait-for.js';

/** A memory cgroup of its own for processes under test, of version 1 or 2, whichever this machine lets us make. */
export class MemoryCgroup {
  readonly #folder: string;
  readonly #version: 1 | 2;

  private constructor(folder: string, version: 1 | 2) {
    this.#folder = folder;
    this.#version = version;
  }

  /** Undefined where it is not ours to make one. */
  static create(): MemoryCgroup | undefined {
    const versions = [
      ['/sys/fs/cgroup/memory', 1],
      ['/sys/fs/cgroup', 2],
    ] as const;
    for (const [root, version] of versions) {
      const folder = join(root, `edge-pose-test-${process.pid}`);
      try {
        mkdirSync(folder);
      } catch {
        continue;
      }
      const group = new MemoryCgroup(folder, version);
      if (existsSync(group.#limitFile)) return group;
      rmdirSync(folder);
    }
    return undefined;
  }

  /** Memory that they hold, in bytes. */
  get usage(): number {
    const file = this.#version === 1 ? 'memory.usage_in_bytes' : 'memory.current';
    return Number(readFileSync(join(this.#folder, file), 'utf8'));
  }

  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  /** Beyond it the kernel kills one of them. Throws where the kernel does not take it. */
  limit(bytes: number): void {
    const swap = join(this.#folder, this.#version === 1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max');
    if (!existsSync(swap)) {
      writeFileSync(this.#limitFile, String(bytes));
    } else if (this.#version === 1) {
      // Memory and swap together, never less than memory alone.
      writeFileSync(swap, '-1');
      writeFileSync(this.#limitFile, String(bytes));
      writeFileSync(swap, String(bytes));
    } else {
      writeFileSync(swap, '0');
      writeFileSync(this.#limitFile, String(bytes));
    }
  }

  /** Resolves when its processes have ended and it is gone. */
  async remove(): Promise<void> {
    await waitFor('the cgroup is empty', () => this.#isRemoved());
  }

  #isRemoved(): boolean {
    try {
      rmdirSync(this.#folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
      throw error;
    }
  }

  get #limitFile(): string {
    return join(this.#folder, this.#version === 1 ? 'memory.limit_in_bytes' : 'memory.max');
  }
}
