import { AgentError, type ErrorCode } from '../errors.js';
import { CaptureProcess, type CaptureSpec, spareSlots } from './capture-process.js';
import { decoderFor, type FfmpegDecoder } from './ffmpeg-decoder.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { RingReader } from './ring-frame.js';

/** A camera that is ready to be read. */
export interface PreparedCamera {
  readonly spec: CaptureSpec;
  /** Why it cannot be reached, where that is known better than by whoever reads it. */
  readonly failure?: () => Promise<AgentError | undefined>;
  /** What a library's last words mean; as they are where left out. */
  readonly explain?: (reason: string, words: string) => string;
  /** Another way to it, where this one ended for `reason` without a picture; undefined where there is none. */
  readonly instead?: (reason: string) => Promise<PreparedCamera> | undefined;
  /** Serves nobody any more, as soon as nothing is wanted of it. */
  readonly end?: () => void;
  /** When nobody uses it any more. */
  readonly close?: () => void;
}

export interface CaptureSourceOptions {
  /** For messages: no credentials in it. */
  readonly description: string;
  /** Does what comes before reading, and may take its time. Throws AgentError; the signal ends it. */
  readonly prepare: (signal: AbortSignal) => Promise<PreparedCamera>;
  /** Frames that are held at the same time; 3 by default. */
  readonly held?: number | undefined;
  /** Silence for so long counts as failed; by the camera's own pace where left out. */
  readonly timeoutSeconds?: number | undefined;
  /** As SourceOptions has it. */
  readonly usualSilenceSeconds?: number | undefined;
  /** As SourceOptions has them. */
  readonly decoder?: FfmpegDecoder | undefined;
  readonly onNotice?: ((text: string) => void) | undefined;
  readonly onDriverCrash?: (() => void) | undefined;
}

/** A camera, or a recording, that a process of its own reads. */
export class CaptureSource implements FrameSource {
  readonly description: string;
  readonly finite = false;
  format: SourceFormat | null = null;
  readonly #options: CaptureSourceOptions;
  readonly #closing = new AbortController();
  #camera: PreparedCamera | undefined;
  #process: CaptureProcess | undefined;
  #ring: RingReader | undefined;
  #decoder: Pick<SourceFormat, 'decoder'> = {};
  #hasPictures = false;
  /** A recording came to its end. */
  #isOver = false;
  #end: string | undefined;
  #hasCrashed = false;
  #wake: (() => void) | undefined;

  constructor(options: CaptureSourceOptions) {
    this.#options = options;
    this.description = options.description;
  }

  get processId(): number | undefined {
    return this.#process?.id;
  }

  /** Whether what reads it was ended by a signal: a crash, for want of memory, or because it hung. */
  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** Resolves when the first picture is there. */
  async open(): Promise<void> {
    try {
      await this.#begin(await this.#options.prepare(this.#closing.signal));
      const other = this.#hasPictures ? undefined : this.#camera?.instead?.(this.#end ?? '');
      if (other !== undefined) {
        this.#ring?.close();
        this.#camera?.close?.();
        await this.#begin(await other);
      }
      // One that has ended by now may have given some.
      if (!this.#hasPictures) throw this.#failure('CAMERA_OPEN_FAILED', this.#end ?? 'it gave no picture');
    } catch (error) {
      const failure = await this.#camera?.failure?.();
      await this.close();
      throw failure ?? error;
    }
  }

  /** Resolves when there is a picture, or no more will come. */
  async #begin(camera: PreparedCamera): Promise<void> {
    const { held = 3, timeoutSeconds, usualSilenceSeconds, decoder, onNotice, onDriverCrash } = this.#options;
    const { body } = camera.spec;
    const given = {
      ...(body === 'ffmpeg' ? { decoder: decoderFor(decoder) } : {}),
      ...(timeoutSeconds === undefined ? {} : { timeout_s: timeoutSeconds }),
      ...(usualSilenceSeconds === undefined ? {} : { usual_silence_s: usualSilenceSeconds }),
    };
    this.#camera = camera;
    this.#end = undefined;
    this.#assertNotClosed();
    this.#decoder = {};
    let isTold = false;
    this.#process = new CaptureProcess({ ...camera.spec, ...given }, held + spareSlots, {
      onFormat: ({ width, height, fps, frames, encoding }) => {
        const known = { fps: fps || null, frames: frames || null };
        this.format = { width, height, ...known, encoding, ...this.#decoder };
      },
      onDecoder: (name, why) => {
        this.#decoder = { decoder: name };
        if (this.format !== null) this.format = { ...this.format, ...this.#decoder };
        // There is one reason at most, whatever it says.
        if (why !== '' && !isTold) onNotice?.(`it is decoded on the CPU: ${why}`);
        isTold ||= why !== '';
      },
      onPicture: () => {
        this.#hasPictures = true;
        this.#wake?.();
      },
      onOver: () => {
        this.#isOver = true;
        this.#wake?.();
      },
      onEnd: (reason, words, crashed) => {
        this.#hasCrashed = crashed;
        if (crashed && this.#decoder.decoder === 'vaapi') onDriverCrash?.();
        this.#end = camera.explain?.(reason, words) ?? reason;
        this.#wake?.();
      },
    });
    this.#ring = new RingReader(this.#process.ring);
    await this.#changed();
    this.#assertNotClosed();
  }

  async read(): Promise<Frame | null> {
    for (;;) {
      if (this.#closing.signal.aborted) return null;
      const frame = this.#ring?.take() ?? null;
      if (frame !== null) return frame;
      if (this.#isOver) return null;
      if (this.#end !== undefined) throw this.#failure('CAMERA_READ_FAILED', this.#end);
      await this.#changed();
    }
  }

  /** Resolves when the camera may be opened by another: many serve one reader alone. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#wake?.();
    this.#ring?.close();
    this.#camera?.end?.();
    const close = (): void => this.#camera?.close?.();
    if (this.#process === undefined) return close();
    // Not before nobody uses it: whoever took its place would be told the camera's login.
    void this.#process.gone.then(close);
    await this.#process.leave();
  }

  #assertNotClosed(): void {
    if (this.#closing.signal.aborted) throw this.#failure('CAMERA_OPEN_FAILED', 'it was closed meanwhile');
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #failure(code: ErrorCode, reason: string): AgentError {
    const what = code === 'CAMERA_OPEN_FAILED' ? ' cannot be opened' : '';
    return new AgentError(code, `${this.description}${what}: ${reason}`);
  }
}
