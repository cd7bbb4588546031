import type { CameraCounts } from '../worker/messages.js';

/** A first inference may have to wait for a device that compiles; none takes this long. */
const patienceMs = 30_000;

/** Notices a worker whose cameras deliver but whose engine does not. */
export class ProgressWatch {
  readonly #clock: () => number;
  /** The last time when nothing was waited for. */
  #notOwedAt: number;
  #readThen = 0;
  #read = 0;

  /** `clock` is monotonic, ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#notOwedAt = clock();
  }

  workerStarted(): void {
    this.#read = 0;
    this.frameDone();
  }

  frameDone(): void {
    this.#notOwedAt = this.#clock();
    this.#readThen = this.#read;
  }

  /** To be asked at every beat: true where a result has been owed for long. */
  isStuck(cameras: readonly CameraCounts[]): boolean {
    this.#read = cameras.reduce((sum, { read }) => sum + read, 0);
    const owed = this.#read > this.#readThen + cameras.length;
    // A camera that was away for an hour owes its first result from when it is back.
    if (!owed) this.#notOwedAt = this.#clock();
    return owed && this.#clock() - this.#notOwedAt > patienceMs;
  }
}
