import { type Quantiles, StageHistogram } from './stage-histogram.js';

/** More names than any pipeline has: a bug that makes up names must not fill the memory. */
const maxStages = 64;

/** A histogram for each stage of a pipeline, by name. */
export class StageTimings {
  readonly #stages = new Map<string, StageHistogram>();

  record(stage: string, durationMs: number): void {
    let histogram = this.#stages.get(stage);
    if (histogram === undefined) {
      if (this.#stages.size >= maxStages) {
        throw new RangeError(`stage timings: expected at most ${maxStages} stages, found one more: ${stage}`);
      }
      histogram = new StageHistogram();
      this.#stages.set(stage, histogram);
    }
    histogram.record(durationMs);
  }

  /** Quantiles in ms of every stage that ran since the last call with `reset`, in the order of first use. */
  snapshot({ reset }: { reset: boolean }): Record<string, Quantiles> {
    const quantiles: Record<string, Quantiles> = {};
    for (const [stage, histogram] of this.#stages) {
      const found = histogram.quantiles();
      if (found !== undefined) quantiles[stage] = found;
      if (reset) histogram.reset();
    }
    return quantiles;
  }
}
