/** Before two pictures came nobody knows the pace: long enough for one picture in 10 s. */
const unknownPaceMs = 15_000;
const shortestMs = 4000;
const longestMs = 60_000;
/** For a picture where data flows that gives none yet: it may be large and the network slow. */
const withoutPictureMs = 60_000;
/** Intervals that are looked back at. */
const remembered = 16;

/**
 * How long a camera may be silent before it counts as away: as configured, or by the pace it was seen to have. It is the
 * rule of native/capture/patience.h, for cameras that are received in JavaScript; one table of cases tests both.
 */
export class Patience {
  readonly #configuredMs: number | undefined;
  readonly #usualMs: number;
  readonly #intervalsMs: number[] = [];
  #lastMs: number | undefined;

  /** `configuredSeconds`: undefined to go by the pace. `usualSeconds`: of the camera when it was read last. */
  constructor(configuredSeconds?: number, usualSeconds = unknownPaceMs / 1000) {
    this.#usualMs = usualSeconds * 1000;
    this.#configuredMs = configuredSeconds === undefined ? undefined : configuredSeconds * 1000;
  }

  /** A picture came; `nowMs` is on a clock that never steps back. */
  picture(nowMs: number): void {
    if (this.#lastMs !== undefined) this.#intervalsMs.push(nowMs - this.#lastMs);
    if (this.#intervalsMs.length > remembered) this.#intervalsMs.shift();
    this.#lastMs = nowMs;
  }

  /** The camera is opened anew: how long it was away says nothing of its pace. */
  interrupted(): void {
    this.#lastMs = undefined;
  }

  /** False before two pictures came. */
  get knowsPace(): boolean {
    return this.#intervalsMs.length > 0;
  }

  /** For the next piece of data, in ms. */
  get silenceMs(): number {
    if (this.#configuredMs !== undefined) return this.#configuredMs;
    // Until the first picture it may take as long as from one key frame to the next.
    if (!this.knowsPace) return this.#lastMs === undefined ? unknownPaceMs : this.#usualMs;
    return Math.min(longestMs, Math.max(shortestMs, 3 * Math.max(...this.#intervalsMs)));
  }

  /** For the next picture while data comes, in ms. */
  get withoutPictureMs(): number {
    return Math.max(this.silenceMs, withoutPictureMs);
  }
}
