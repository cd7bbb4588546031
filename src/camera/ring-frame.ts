import { monotonicMs } from '../monotonic-ms.js';
import { convertToBgr } from '../native/picture-format.js';
import type { NativePicture, NativePictureRing } from '../native/picture-ring.js';
import type { CapturedPicture, Frame } from './frame-source.js';

/** No picture waits for so long. */
const maxAgeMs = 60_000;

/** A frame that lies in the memory which a capture process shares with this one. */
export class RingFrame implements Frame {
  readonly lent = true;
  readonly capturedAt: number;
  readonly capturedMonotonic: number;
  readonly #picture: NativePicture;
  readonly #onRelease: () => void;
  #released = false;

  /** `onRelease` is called once. */
  constructor(picture: NativePicture, onRelease: () => void) {
    this.#picture = picture;
    this.#onRelease = onRelease;
    // Whoever wrote it may be in strange hands.
    const age = Math.min(Math.max(0, monotonicMs() - picture.capturedMs), maxAgeMs);
    this.capturedAt = Date.now() - age;
    this.capturedMonotonic = performance.now() - age;
  }

  get seq(): number {
    return this.#picture.seq;
  }

  get isKey(): boolean | undefined {
    return this.#picture.isKey;
  }

  get clockErrorMs(): number | null | undefined {
    return this.#picture.clockErrorMs;
  }

  get width(): number {
    return this.#picture.width;
  }

  get height(): number {
    return this.#picture.height;
  }

  get scale(): number {
    return this.#picture.scale;
  }

  pixels(): Uint8Array {
    const { pixels, format } = this.captured();
    if (format === 'bgr') return pixels.slice();
    return convertToBgr(pixels, this.width / this.scale, this.height / this.scale, format);
  }

  captured(): CapturedPicture {
    if (this.#released) throw new Error(`frame ${this.seq} was released before its pixels were read`);
    return this.#picture;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
  }
}

/** The reader's end of a ring, whose memory goes as soon as nobody uses it any more. */
export class RingReader {
  readonly #ring: NativePictureRing;
  #taken = 0;
  #closed = false;

  constructor(ring: NativePictureRing) {
    this.#ring = ring;
  }

  take(): RingFrame | null {
    if (this.#closed) return null;
    const picture = this.#ring.take();
    if (picture === null) return null;
    this.#taken++;
    return new RingFrame(picture, () => {
      this.#ring.release(picture.slot);
      this.#taken--;
      this.#freeUnused();
    });
  }

  /** Frames that were taken stay until they are released. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#freeUnused();
  }

  #freeUnused(): void {
    if (this.#closed && this.#taken === 0) this.#ring.close();
  }
}
