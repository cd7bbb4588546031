export interface BackoffOptions {
  /** Shortest and longest pause in ms; default 1 s and 30 s. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/**
 * Pauses between attempts: each about twice as long as the one before, at random within its octave so that a
 * fleet does not come back to a restarted broker all at once.
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ minMs = 1000, maxMs = 30_000, random = Math.random }: BackoffOptions = {}) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** The next pause in ms: between min and 2 min, then 2 min and 4 min, … and at last max/2 and max. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** (this.#attempt + 1));
    if (ceiling < this.#maxMs) this.#attempt += 1;
    return ceiling / 2 + (this.#random() * ceiling) / 2;
  }

  /** From now on pause longest: the broker threw us out and would do so again. */
  penalise(): void {
    this.#attempt = Math.ceil(Math.log2(this.#maxMs / this.#minMs));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
