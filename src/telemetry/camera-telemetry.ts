import { EventRate } from './event-rate.js';
import { HourCount } from './hour-count.js';
import type { MonotonicClock } from './monotonic-clock.js';
import type { Quantiles } from './stage-histogram.js';
import { StageTimings } from './stage-timings.js';

/** A camera's part of the `stats` message. Plain data: it crosses the process boundary as it is. */
export interface CameraFigures {
  camera_fps: number;
  process_fps: number;
  skipped_fps: number;
  frame_age_ms: number | null;
  reconnects_last_hour: number;
  stalls_last_hour: number;
  frames: { captured: number; processed: number };
  drops: Record<string, number>;
  latency_ms: Record<string, Quantiles>;
}

/**
 * Where a frame or its message can be lost: by the source itself (`capture`), replaced in the newest-frame slot
 * by a newer one (`slot`), failed in the engine (`inference`), or not handed to the broker (`mqtt`).
 */
export type DropPlace = 'capture' | 'slot' | 'inference' | 'mqtt';

/** Counts and times everything that happens to one camera's frames. */
export class CameraTelemetry {
  readonly #clock: MonotonicClock;
  readonly #captured: EventRate;
  readonly #processed: EventRate;
  readonly #skipped: EventRate;
  readonly #reconnects: HourCount;
  readonly #stalls: HourCount;
  readonly #drops: Record<DropPlace, number> = { capture: 0, slot: 0, inference: 0, mqtt: 0 };
  readonly #timings = new StageTimings();
  readonly #frames = { captured: 0, processed: 0 };
  #settledFrames = { captured: 0, processed: 0 };
  #newestCapture: number | undefined;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#captured = new EventRate(clock);
    this.#processed = new EventRate(clock);
    this.#skipped = new EventRate(clock);
    this.#reconnects = new HourCount(clock);
    this.#stalls = new HourCount(clock);
  }

  /** Frames came, those included that were lost at once; `capturedMonotonic` is the capture time of the newest one on
   *  this object's clock, ms. */
  framesCaptured(frames: number, capturedMonotonic: number): void {
    this.#captured.add(frames);
    this.#frames.captured += frames;
    this.#newestCapture = capturedMonotonic;
  }

  frameProcessed(): void {
    this.#processed.add();
    this.#frames.processed++;
  }

  /** To be called when all counts are of one moment: `frames` is told as of then. */
  settle(): void {
    this.#settledFrames = { ...this.#frames };
  }

  /** Frames lost at a place; those of the source and the slot are the ones never inferred. */
  dropped(place: DropPlace, frames = 1): void {
    this.#drops[place] += frames;
    if (place === 'slot' || place === 'capture') this.#skipped.add(frames);
  }

  reconnected(): void {
    this.#reconnects.add();
  }

  stalled(): void {
    this.#stalls.add();
  }

  recordStage(stage: string, durationMs: number): void {
    this.#timings.record(stage, durationMs);
  }

  /** Everything since the last call; rates and latencies start a new window, drops go on. */
  take(): CameraFigures {
    const newest = this.#newestCapture;
    return {
      camera_fps: hundredths(this.#captured.take()),
      process_fps: hundredths(this.#processed.take()),
      skipped_fps: hundredths(this.#skipped.take()),
      frame_age_ms: newest === undefined ? null : hundredths(Math.max(0, this.#clock() - newest)),
      reconnects_last_hour: this.#reconnects.total,
      stalls_last_hour: this.#stalls.total,
      frames: this.#settledFrames,
      drops: { ...this.#drops },
      latency_ms: this.#timings.snapshot({ reset: true }),
    };
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
