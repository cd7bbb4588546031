import type { MonotonicClock } from './monotonic-clock.js';

const minuteMs = 60_000;
const minutes = 60;
const mostInAMinute = 2 ** 32 - 1;

/** How often something happened in the last hour, to the minute, in constant memory. */
export class HourCount {
  readonly #clock: MonotonicClock;
  readonly #buckets = new Uint32Array(minutes);
  #minute: number;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#minute = Math.floor(clock() / minuteMs);
  }

  add(times = 1): void {
    this.#advance();
    const bucket = this.#minute % minutes;
    this.#buckets[bucket] = Math.min(mostInAMinute, (this.#buckets[bucket] ?? 0) + times);
  }

  get total(): number {
    this.#advance();
    return this.#buckets.reduce((sum, count) => sum + count, 0);
  }

  #advance(): void {
    const minute = Math.floor(this.#clock() / minuteMs);
    const passed = Math.min(minutes, minute - this.#minute);
    for (let step = 1; step <= passed; step++) this.#buckets[(this.#minute + step) % minutes] = 0;
    if (passed > 0) this.#minute = minute;
  }
}
