import { stat } from 'node:fs/promises';
import type { MonotonicClock } from './monotonic-clock.js';

/** systemd-timesyncd touches it with every synchronisation; see systemd-time-wait-sync.service(8). */
const synchronizedFile = '/run/systemd/timesync/synchronized';
/** What is less is no jump but the clock being set right slowly, which changes it by at most 500 ppm. */
const jumpMs = 1000;
const slewRate = 0.001;

export interface ClockSyncOptions {
  readonly file?: string;
  /** ms since the Unix epoch; `Date.now` by default. */
  readonly wallClock?: () => number;
  /** `performance.now` by default. */
  readonly clock?: MonotonicClock;
}

interface Look {
  readonly wall: number;
  readonly monotonic: number;
  /** When the file was touched last; null where there is none. */
  readonly touched: number | null;
}

/** Whether the wall clock is to be believed. */
export class ClockSync {
  readonly #file: string;
  readonly #wallClock: () => number;
  readonly #clock: MonotonicClock;
  #last: Look | undefined;
  #jumped = false;

  constructor(options: ClockSyncOptions = {}) {
    this.#file = options.file ?? synchronizedFile;
    this.#wallClock = options.wallClock ?? Date.now;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** True where the time service has set the clock, and nobody else has since the last call or the ones before. */
  async isSynced(): Promise<boolean> {
    const touched = await lastTouched(this.#file);
    const look = { touched, wall: this.#wallClock(), monotonic: this.#clock() };
    const last = this.#last ?? look;
    this.#last = look;
    const passed = look.monotonic - last.monotonic;
    const stepped = Math.abs(look.wall - last.wall - passed) > jumpMs + passed * slewRate;
    // The first synchronisation after boot is a jump, too, and a welcome one.
    if (touched !== last.touched) this.#jumped = false;
    else if (stepped) this.#jumped = true;
    return touched !== null && !this.#jumped;
  }
}

async function lastTouched(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return null;
  }
}
