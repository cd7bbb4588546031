import type { MonotonicClock } from './monotonic-clock.js';

/** How often something happens: events per second between two looks. */
export class EventRate {
  readonly #clock: MonotonicClock;
  #count = 0;
  #since: number;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#since = clock();
  }

  add(events = 1): void {
    this.#count += events;
  }

  /** Events per second since the last call, which starts a new window; 0 where no time has passed. */
  take(): number {
    const now = this.#clock();
    const seconds = (now - this.#since) / 1000;
    if (seconds <= 0) return 0;
    const perSecond = this.#count / seconds;
    this.#count = 0;
    this.#since = now;
    return perSecond;
  }
}
