import { CaptureProcess, type JpegPicture, spareSlots } from './capture-process.js';
import type { EnoughPixels, Frame, SourceFormat } from './frame-source.js';
import { RingReader } from './ring-frame.js';

export interface JpegPicturesOptions {
  /** Frames that may be held at the same time. */
  readonly held: number;
  /** Asked for each picture: how small it may be decoded; whole where that is undefined. */
  readonly enough?: (() => EnoughPixels | undefined) | undefined;
  readonly onPicture: () => void;
  readonly onEnd: (reason: string) => void;
}

/** A camera's JPEGs on their way through the process that decodes them. Of those that come faster the newest is decoded. */
export class JpegPictures {
  /** MJPG of no size until the first is decoded. */
  format: SourceFormat = { width: null, height: null, fps: null, frames: null, encoding: 'MJPG' };
  readonly #decoder: CaptureProcess;
  readonly #ring: RingReader;
  #isDecoding = false;
  #count = 0;
  #takenSeq = -1;
  readonly #enough: JpegPicturesOptions['enough'];
  #newest: JpegPicture | undefined;

  /** Throws AgentError ENGINE_NOT_BUILT. */
  constructor({ held, enough, ...events }: JpegPicturesOptions) {
    this.#enough = enough;
    this.#decoder = new CaptureProcess({ body: 'jpeg' }, held + spareSlots, {
      onFormat: ({ width, height }) => {
        this.format = { width, height, fps: null, frames: null, encoding: 'MJPG' };
      },
      onPicture: events.onPicture,
      onDecoded: () => {
        this.#isDecoding = false;
        this.#decodeNewest();
      },
      onEnd: events.onEnd,
    });
    this.#ring = new RingReader(this.#decoder.ring);
  }

  get processId(): number | undefined {
    return this.#decoder.id;
  }

  /** Pictures that came so far, those that were no JPEG too. */
  get count(): number {
    return this.#count;
  }

  /** The newest that came was no JPEG: right after take() has found nothing. A camera may send that one for ever. */
  get newestIsTorn(): boolean {
    return !this.#isDecoding && this.#newest === undefined && this.#takenSeq < this.#count - 1;
  }

  /** `capturedMs` is on monotonicMs()'s clock. */
  add(jpeg: Buffer, capturedMs: number): void {
    this.#newest = { jpeg, seq: this.#count++, capturedMs };
    this.#decodeNewest();
  }

  /** The newest that is decoded and was not taken yet. */
  take(): Frame | null {
    const frame = this.#ring.take();
    if (frame !== null) this.#takenSeq = frame.seq;
    return frame;
  }

  close(): void {
    this.#newest = undefined;
    void this.#decoder.leave();
    this.#ring.close();
  }

  #decodeNewest(): void {
    const picture = this.#newest;
    if (picture === undefined || this.#isDecoding) return;
    this.#newest = undefined;
    this.#isDecoding = true;
    this.#decoder.send(picture, this.#enough?.());
  }
}
