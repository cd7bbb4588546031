import type { Frame, SourceFormat } from '../camera/frame-source.js';

/** What a camera was seen to do. Times in ms. */
export interface CameraMeasurement {
  open_ms: number;
  seconds: number;
  width: number;
  height: number;
  /** null where it does not say. */
  encoding: string | null;
  /** null where there is no choice. */
  decoder: 'software' | 'vaapi' | null;
  announced_fps: number | null;
  /** Pictures that came, those included that were passed over. */
  fps: number;
  pictures: number;
  /** Of them, those that came faster than they are decoded here. */
  passed_over: number;
  /** Between two pictures. */
  interval_ms: { p50: number; p95: number; max: number };
  /** From when a picture was there to when it was decoded. */
  decode_delay_ms: { p50: number; p95: number };
  /** Of the pictures that were looked at; null where nobody knows. */
  key_frames: number | null;
  /** Between two key frames; null where there were not two, or nobody knows. */
  key_frame_s: number | null;
  /** How often its pictures changed their size. */
  size_changes: number;
  /** Of this machine, for receiving and decoding; null for a recording, which shares its process. */
  cpu: { percent_of_a_core: number; ms_per_picture: number } | null;
}

/** Takes note of a camera's pictures as they come. */
export class CameraTally {
  readonly #captured: number[] = [];
  readonly #delays: number[] = [];
  #size = '';
  #sizeChanges = 0;
  /** When key frames were taken; undefined where nobody knows which they are. */
  #keys: number[] | undefined;
  #last: Pick<Frame, 'seq' | 'width' | 'height'> | undefined;
  #firstSeq = 0;

  /** `now` on performance.now()'s clock. */
  add({ seq, width, height, capturedMonotonic, isKey }: Frame, now: number): void {
    if (isKey !== undefined) this.#keys ??= [];
    if (isKey === true) this.#keys?.push(capturedMonotonic);
    const size = `${width}x${height}`;
    if (this.#last !== undefined && size !== this.#size) this.#sizeChanges++;
    if (this.#last === undefined) this.#firstSeq = seq;
    this.#size = size;
    this.#last = { seq, width, height };
    this.#captured.push(capturedMonotonic);
    this.#delays.push(Math.max(0, now - capturedMonotonic));
  }

  /** `cpuMs`: what the camera's process used meanwhile; null where it has none of its own. Undefined before two pictures. */
  measurement(
    format: SourceFormat | null,
    { openMs, cpuMs }: { openMs: number; cpuMs: number | null },
  ): CameraMeasurement | undefined {
    const captured = this.#captured.toSorted((a, b) => a - b);
    const [first, last] = [captured[0], captured.at(-1)];
    if (!this.#last || first === undefined || last === undefined || last <= first) return undefined;
    const seconds = (last - first) / 1000;
    const pictures = this.#last.seq - this.#firstSeq + 1;
    const intervals = captured.slice(1).map((at, index) => at - (captured[index] as number));
    const { width, height } = this.#last;
    return {
      open_ms: Math.round(openMs),
      seconds: tenths(seconds),
      width,
      height,
      encoding: format?.encoding ?? null,
      decoder: format?.decoder ?? null,
      announced_fps: format?.fps ?? null,
      fps: tenths((pictures - 1) / seconds),
      pictures,
      passed_over: pictures - captured.length,
      interval_ms: {
        p50: tenths(quantile(intervals, 0.5)),
        p95: tenths(quantile(intervals, 0.95)),
        max: tenths(quantile(intervals, 1)),
      },
      decode_delay_ms: {
        p50: tenths(quantile(this.#delays, 0.5)),
        p95: tenths(quantile(this.#delays, 0.95)),
      },
      key_frames: this.#keys?.length ?? null,
      key_frame_s: keyFrameSeconds(this.#keys ?? []),
      size_changes: this.#sizeChanges,
      cpu:
        cpuMs === null
          ? null
          : { percent_of_a_core: tenths(cpuMs / (10 * seconds)), ms_per_picture: tenths(cpuMs / pictures) },
    };
  }
}

function keyFrameSeconds(keys: readonly number[]): number | null {
  if (keys.length < 2) return null;
  return tenths(((keys.at(-1) as number) - (keys[0] as number)) / (keys.length - 1) / 1000);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
