import { HourCount } from './hour-count.js';
import type { MonotonicClock } from './monotonic-clock.js';
import { SettledRates } from './settled-rates.js';
import type { Quantiles } from './stage-histogram.js';
import { StageTimings } from './stage-timings.js';

/** A camera's part of the `stats` message. Plain data: it crosses the process boundary as it is. */
export interface CameraFigures {
  camera_fps: number;
  process_fps: number;
  skipped_fps: number;
  frame_age_ms: number | null;
  ts_source: 'camera' | 'arrival' | null;
  ts_error_ms: number | null;
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
  readonly #rates: SettledRates<'captured' | 'processed' | 'skipped'>;
  readonly #reconnects: HourCount;
  readonly #stalls: HourCount;
  readonly #drops: Record<DropPlace, number> = { capture: 0, slot: 0, inference: 0, mqtt: 0 };
  readonly #timings = new StageTimings();
  readonly #frames = { captured: 0, processed: 0 };
  #settledFrames = { captured: 0, processed: 0 };
  #newestCapture: number | undefined;
  #time: Pick<CameraFigures, 'ts_source' | 'ts_error_ms'> = { ts_source: null, ts_error_ms: null };

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#rates = new SettledRates(clock, ['captured', 'processed', 'skipped']);
    this.#reconnects = new HourCount(clock);
    this.#stalls = new HourCount(clock);
  }

  /** Frames came, those included that were lost at once; `capturedMonotonic` is the capture time of the newest one on
   *  this object's clock, ms. */
  framesCaptured(frames: number, capturedMonotonic: number): void {
    this.#rates.add('captured', frames);
    this.#frames.captured += frames;
    this.#saw(capturedMonotonic);
  }

  /** Where capture times are by the camera's own clock: how far they may be wrong, ms, or null where that is not known;
   *  undefined where they are when frames came. */
  timed(clockErrorMs: number | null | undefined): void {
    this.#time = {
      ts_source: clockErrorMs === undefined ? 'arrival' : 'camera',
      ts_error_ms: typeof clockErrorMs === 'number' ? hundredths(clockErrorMs) : null,
    };
  }

  /** The result of a frame is here; `capturedMonotonic` as in framesCaptured. */
  frameProcessed(capturedMonotonic: number): void {
    this.#rates.add('processed', 1);
    this.#frames.processed++;
    this.#saw(capturedMonotonic);
  }

  /** To be called when all counts are of one moment: `frames` and the rates are told as of then. */
  settle(): void {
    this.#settledFrames = { ...this.#frames };
    this.#rates.settle();
  }

  /** No counts will come of what the worker did since the last moment. What it gave results of, it had captured. */
  workerLost(): void {
    const { capture, slot, inference } = this.#drops;
    const uncounted = this.#frames.processed + capture + slot + inference - this.#frames.captured;
    if (uncounted > 0) {
      this.#frames.captured += uncounted;
      this.#rates.add('captured', uncounted);
    }
    this.settle();
  }

  /** Frames lost at a place; those of the source and the slot are the ones never inferred. */
  dropped(place: DropPlace, frames = 1): void {
    this.#drops[place] += frames;
    if (place === 'slot' || place === 'capture') this.#rates.add('skipped', frames);
  }

  reconnected(times = 1): void {
    this.#reconnects.add(times);
  }

  stalled(times = 1): void {
    this.#stalls.add(times);
  }

  recordStage(stage: string, durationMs: number): void {
    this.#timings.record(stage, durationMs);
  }

  /** Everything since the last call; rates and latencies start a new window, drops go on. The age is of now. */
  take(): CameraFigures {
    const newest = this.#newestCapture;
    const { captured, processed, skipped } = this.#rates.take();
    return {
      camera_fps: hundredths(captured),
      process_fps: hundredths(processed),
      skipped_fps: hundredths(skipped),
      frame_age_ms: newest === undefined ? null : hundredths(Math.max(0, this.#clock() - newest)),
      ...this.#time,
      reconnects_last_hour: this.#reconnects.total,
      stalls_last_hour: this.#stalls.total,
      frames: this.#settledFrames,
      drops: { ...this.#drops },
      latency_ms: this.#timings.snapshot({ reset: true }),
    };
  }

  /** A beat tells of a frame that is not inferred yet, a pose of one that came after the last beat. */
  #saw(capturedMonotonic: number): void {
    this.#newestCapture = Math.max(this.#newestCapture ?? capturedMonotonic, capturedMonotonic);
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
