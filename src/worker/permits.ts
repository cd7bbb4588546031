/** A counting semaphore, first come first served. */
export class Permits {
  #free: number;
  #exclusive: Promise<unknown> = Promise.resolve();
  readonly #total: number;
  readonly #waiting: (() => void)[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  async acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the permit straight to whoever waited longest. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }

  /** Runs `work` while nobody else holds a permit; one such work at a time. */
  withAll<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#exclusive.then(() => this.#runAlone(work));
    this.#exclusive = result.catch(() => {});
    return result;
  }

  async #runAlone<T>(work: () => Promise<T>): Promise<T> {
    for (let i = 0; i < this.#total; i++) await this.acquire();
    try {
      return await work();
    } finally {
      for (let i = 0; i < this.#total; i++) this.release();
    }
  }
}
