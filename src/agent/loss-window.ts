/**
 * Counts losses of workers in a window of time. The opening of models takes no part of it: a plan may be built for an
 * hour, in which nothing is proven, and a device that fails at the end of each build is a crash loop too.
 */
export class LossWindow {
  readonly #windowMs: number;
  #lossesAt: number[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get count(): number {
    return this.#lossesAt.length;
  }

  /** A worker was lost at `now` (monotonic, ms), `openMs` of whose life were the opening of its model. */
  add({ now, openMs, counts }: { now: number; openMs: number; counts: boolean }): void {
    this.#lossesAt = this.#lossesAt.map((at) => at + openMs).filter((at) => now - at < this.#windowMs);
    if (counts) this.#lossesAt.push(now);
  }
}
