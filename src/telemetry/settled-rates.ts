import type { MonotonicClock } from './monotonic-clock.js';

/** A worker's beats come every second: without one for so long there is nothing to tell rates of. */
const silenceMs = 2500;

/**
 * How often several things happen, all told of the same time: from one moment at which every count is of that moment
 * (settle) to another. Some counts come with the worker's beat and others before it; a rate of either's own would
 * have more frames processed than captured.
 */
export class SettledRates<Name extends string> {
  readonly #clock: MonotonicClock;
  /** Since the window began. */
  #counts: Record<Name, number>;
  readonly #none: Readonly<Record<Name, number>>;
  #settled: { at: number; counts: Record<Name, number> };
  #begun: number;
  #last: Record<Name, number>;

  constructor(clock: MonotonicClock, names: readonly Name[]) {
    this.#clock = clock;
    this.#none = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
    this.#counts = { ...this.#none };
    this.#begun = clock();
    this.#settled = { at: this.#begun, counts: { ...this.#none } };
    this.#last = { ...this.#none };
  }

  add(name: Name, events: number): void {
    this.#counts[name] += events;
  }

  /** All counts are of this moment. */
  settle(): void {
    this.#settled = { at: this.#clock(), counts: { ...this.#counts } };
  }

  /** Events a second from the moment of the last call to the newest one; those of the last call where no moment has
   *  come since, and 0 where none comes any more. */
  take(): Readonly<Record<Name, number>> {
    const { at, counts } = this.#settled;
    const seconds = (at - this.#begun) / 1000;
    if (seconds > 0) {
      this.#last = this.#map((name) => counts[name] / seconds);
      this.#counts = this.#map((name) => this.#counts[name] - counts[name]);
      this.#begun = at;
      this.#settled.counts = { ...this.#none };
    } else if (this.#clock() - at > silenceMs) {
      this.#last = { ...this.#none };
      this.#begun = this.#clock();
    }
    return this.#last;
  }

  #map(value: (name: Name) => number): Record<Name, number> {
    const names = Object.keys(this.#none) as Name[];
    return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, number>;
  }
}
