import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { absent } from './absent.js';

/** A wall clock that can be moved under a running process, by libfaketime; the monotonic clock stays as it is. */
export class FakeClock {
  readonly #library: string;
  readonly #file: string;

  private constructor(library: string, folder: string) {
    this.#library = library;
    this.#file = join(folder, 'offset');
    this.set(0);
  }

  /** Where libfaketime is not installed the test is skipped aloud. */
  static require(t: Test): FakeClock | undefined {
    const library = readdirSync('/usr/lib')
      .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
      .find((path) => existsSync(path));
    if (library !== undefined) return new FakeClock(library, t.testdir());
    return absent(t, 'libfaketime: apt-get install faketime');
  }

  /** For the process whose clock it is to be; its children share it. */
  get environment(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Moves the clock to so many seconds from the real time. */
  set(offset: number): void {
    // Never half written: an empty file would be no offset.
    writeFileSync(`${this.#file}.new`, `${offset < 0 ? '' : '+'}${offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
