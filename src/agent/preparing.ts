import { type OpenProgress, remainingMs } from '../engine/open-progress.js';
import type { StatsPayload } from '../mqtt/payloads.js';

/** What `stats` says of a plan that is built; null for none. */
export function preparing(model: string, progress: OpenProgress | null): StatsPayload['preparing'] {
  if (progress === null) return null;
  const { file, fraction, elapsedMs } = progress;
  const remaining = remainingMs(progress);
  return {
    model,
    file,
    fraction: fraction === null ? null : Math.round(fraction * 1000) / 1000,
    elapsed_s: Math.round(elapsedMs / 1000),
    remaining_s: remaining === null ? null : Math.round(remaining / 1000),
  };
}
