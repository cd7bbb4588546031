import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Durations in ms. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** A minute: what takes longer is recorded as that. */
const longestUs = 60_000_000;

/**
 * How long a stage takes: quantiles over a window of any number of durations in constant memory. Two
 * significant figures: a quantile is at most 1 % off.
 */
export class StageHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: longestUs, figures: 2 });

  /** Ignores what is not a number; a negative duration counts as none. */
  record(durationMs: number): void {
    if (Number.isNaN(durationMs)) return;
    this.#histogram.record(Math.min(longestUs, Math.max(1, Math.round(durationMs * 1000))));
  }

  get count(): number {
    return this.#histogram.count;
  }

  /** Undefined where nothing was recorded since the last reset. */
  quantiles(): Quantiles | undefined {
    if (this.#histogram.count === 0) return undefined;
    return { p50: this.#ms(50), p95: this.#ms(95), p99: this.#ms(99) };
  }

  reset(): void {
    this.#histogram.reset();
  }

  #ms(percentile: number): number {
    return this.#histogram.percentile(percentile) / 1000;
  }
}
