/** What may be spent: so much a second, and so much at once after a pause. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: () => number;
  #tokens: number;
  #at: number;

  /** `clock` is monotonic, in ms; default performance.now. */
  constructor(perSecond: number, burst: number, clock = (): number => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock();
  }

  /** True while something is left; what is spent may go below nothing, and is waited for then. */
  get isOpen(): boolean {
    const now = this.#clock();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#tokens > 0;
  }

  /** Until isOpen, in ms. */
  get waitMs(): number {
    return this.isOpen ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1000) + 1;
  }

  spend(tokens: number): void {
    this.#tokens -= tokens;
  }
}
