import { type CapturedPicture, capturedPicture, type Frame } from './frame-source.js';

/** A frame under another number, and where that is given, another capture time. */
export class RetoldFrame implements Frame {
  readonly seq: number;
  readonly capturedAt: number;
  readonly capturedMonotonic: number;
  readonly #frame: Frame;

  /** `capturedMonotonic`: on performance.now()'s clock. */
  constructor(frame: Frame, seq: number, capturedMonotonic = frame.capturedMonotonic) {
    this.#frame = frame;
    this.seq = seq;
    this.capturedMonotonic = capturedMonotonic;
    this.capturedAt = frame.capturedAt + (capturedMonotonic - frame.capturedMonotonic);
  }

  get isKey(): boolean | undefined {
    return this.#frame.isKey;
  }

  get clockErrorMs(): number | null | undefined {
    return this.#frame.clockErrorMs;
  }

  get lent(): boolean {
    return this.#frame.lent === true;
  }

  get width(): number {
    return this.#frame.width;
  }

  get height(): number {
    return this.#frame.height;
  }

  get scale(): number {
    return this.#frame.scale ?? 1;
  }

  pixels(): Uint8Array {
    return this.#frame.pixels();
  }

  captured(): CapturedPicture {
    return capturedPicture(this.#frame);
  }

  release(): void {
    this.#frame.release();
  }
}
