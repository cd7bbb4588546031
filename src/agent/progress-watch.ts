import type { NumberedCounts } from '../worker/messages.js';

/** A first inference may have to wait for a device that compiles; none takes this long. */
const patienceMs = 30_000;

/** Notices a worker whose cameras deliver but whose engine does not. */
export class ProgressWatch {
  readonly #clock: () => number;
  /** Results by camera. */
  readonly #done = new Map<number, number>();
  /** The last time when nothing was waited for. */
  #notOwedAt: number;
  /** Frames whose inference had failed at the last beat, and when the last result came. */
  #failed = 0;
  #failedThen = 0;

  /** `clock` is monotonic, ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#notOwedAt = clock();
  }

  workerStarted(): void {
    this.#done.clear();
    this.#failed = 0;
    this.resultCame();
  }

  /** A frame of this camera is through. */
  frameDone(camera: number): void {
    this.#done.set(camera, (this.#done.get(camera) ?? 0) + 1);
    this.resultCame();
  }

  /** The engine gave something, or was kept from it. */
  resultCame(): void {
    this.#notOwedAt = this.#clock();
    this.#failedThen = this.#failed;
  }

  /** To be asked at every beat, whose counts are of all poses before it: true where a result has been owed for long. */
  isStuck(cameras: readonly NumberedCounts[]): boolean {
    this.#failed = cameras.reduce((sum, { failed }) => sum + failed, 0);
    // A camera that is away owes nothing once its last frame is through.
    const owed = this.#failed > this.#failedThen || cameras.some((counts) => this.#isWaiting(counts));
    if (!owed) this.#notOwedAt = this.#clock();
    return owed && this.#clock() - this.#notOwedAt > patienceMs;
  }

  /** True where frames are in the slot or in the engine. */
  #isWaiting({ camera, read, droppedInSlot, failed }: NumberedCounts): boolean {
    return read - droppedInSlot - failed > (this.#done.get(camera) ?? 0);
  }
}
