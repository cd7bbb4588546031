import { setTimeout as sleep } from 'node:timers/promises';

/** Says which frame of a recording is due, the way a camera would: frame i at start + i / fps; late readers miss some. */
export class FramePacer {
  readonly #periodMs: number;
  #startMs: number | undefined;

  constructor(fps: number) {
    this.#periodMs = 1000 / fps;
  }

  /**
   * Waits until frame `next` is due and returns it, or at once the later frame that is due now.
   * Rejects with an AbortError when `signal` is aborted.
   */
  async due(next: number, signal: AbortSignal): Promise<number> {
    const now = performance.now();
    this.#startMs ??= now - next * this.#periodMs;
    const lagMs = now - this.#startMs - next * this.#periodMs;
    if (lagMs >= this.#periodMs) return next + Math.floor(lagMs / this.#periodMs);
    // A timer fires up to 1 ms early or late; due times are counted from the start, so this never adds up.
    if (lagMs < 0) await sleep(-lagMs, undefined, { signal });
    return next;
  }

  /** Makes frame `next` due now. */
  restart(next: number): void {
    this.#startMs = performance.now() - next * this.#periodMs;
  }
}
