import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/** How late the process's event loop runs its timers. */
export class EventLoopDelay {
  #histogram: IntervalHistogram | undefined;

  start(): void {
    this.#histogram ??= monitorEventLoopDelay({ resolution: resolutionMs });
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram?.disable();
  }

  /** The 99th percentile in ms since the last call, which starts a new window; 0 before start(). */
  takeP99(): number {
    const histogram = this.#histogram;
    if (histogram === undefined || histogram.count === 0) return 0;
    // The sampler's own period is part of every sample.
    const delayMs = Math.max(0, histogram.percentile(99) / 1e6 - resolutionMs);
    histogram.reset();
    return Math.round(delayMs * 100) / 100;
  }
}
