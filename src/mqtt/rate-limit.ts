/** Lets so many through in any one second, and no more. */
export class RateLimit {
  readonly #times: number[] = [];
  readonly #perSecond: number;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether one more may pass at `now`, a monotonic time in ms. */
  allow(now: number): boolean {
    const oldest = this.#times[0];
    if (this.#times.length >= this.#perSecond && oldest !== undefined) {
      if (now - oldest < 1000) return false;
      this.#times.shift();
    }
    this.#times.push(now);
    return true;
  }
}
