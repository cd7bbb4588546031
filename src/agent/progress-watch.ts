import type { CameraCounts } from '../worker/messages.js';

/** A first inference may have to wait for a device that compiles; none takes this long. */
const patienceMs = 30_000;

/** Notices a worker whose cameras deliver but whose engine does not. */
export class ProgressWatch {
  readonly #clock: () => number;
  #doneAt: number;
  #readThen = 0;
  #read = 0;

  /** `clock` is monotonic, ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#doneAt = clock();
  }

  workerStarted(): void {
    this.#read = 0;
    this.frameDone();
  }

  frameDone(): void {
    this.#doneAt = this.#clock();
    this.#readThen = this.#read;
  }

  /** To be asked at every beat: true where frames were read since the last result, which is long ago. */
  isStuck(cameras: readonly CameraCounts[]): boolean {
    this.#read = cameras.reduce((sum, { read }) => sum + read, 0);
    return this.#read > this.#readThen + cameras.length && this.#clock() - this.#doneAt > patienceMs;
  }
}
