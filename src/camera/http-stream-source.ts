import type { IncomingMessage } from 'node:http';
import { AgentError } from '../errors.js';
import { monotonicMs } from '../monotonic-ms.js';
import { localPolicy, type SourcePolicy } from '../network/source-policy.js';
import { CaptureSource } from './capture-source.js';
import type { FfmpegDecoder } from './ffmpeg-decoder.js';
import type { EnoughPixels, Frame, FrameSource, SourceFormat } from './frame-source.js';
import { HttpCamera } from './http-camera.js';
import { openHttpStream } from './http-stream.js';
import { JpegPictures } from './jpeg-pictures.js';
import { MultipartParser } from './multipart-parser.js';
import { prepareNetworkCamera } from './network-camera.js';
import { describeSource } from './parse-source.js';
import { Patience } from './patience.js';
import { SnapshotPoller } from './snapshot-poller.js';

export interface HttpStreamOptions {
  readonly url: string;
  /** Silence for so long counts as failed; by the camera's own pace where left out. */
  readonly timeoutSeconds?: number | undefined;
  /** As SourceOptions has it. */
  readonly usualSilenceSeconds?: number | undefined;
  /** How often a camera of single pictures is asked, a second; 2 by default. */
  readonly fps?: number | undefined;
  /** What it may connect to; localPolicy by default. */
  readonly policy?: SourcePolicy | undefined;
  /** Frames that are held at the same time; 3 by default. */
  readonly held?: number | undefined;
  /** As SourceOptions has them. */
  readonly decoder?: FfmpegDecoder | undefined;
  readonly onNotice?: ((text: string) => void) | undefined;
  readonly onDriverCrash?: (() => void) | undefined;
  /** As SourceOptions has it. */
  readonly enough?: (() => EnoughPixels | undefined) | undefined;
}

/**
 * A camera over HTTP. Streams of JPEGs (multipart, MJPEG) and single ones are received here and decoded in a process of
 * the camera's own: nothing blocks, closing is immediate, and of pictures that come faster than they are decoded the newest
 * is. Everything else is FFmpeg's business.
 */
export class HttpStreamSource implements FrameSource {
  readonly description: string;
  readonly finite = false;
  readonly #options: HttpStreamOptions;
  readonly #policy: SourcePolicy;
  readonly #patience: Patience;
  readonly #closing = new AbortController();
  #camera: HttpCamera | undefined;
  #pictures: JpegPictures | undefined;
  /** It is asked for each picture. */
  #isPolled = false;
  /** When data came last, on monotonicMs()'s clock. */
  #heardMs = 0;
  #fallback: CaptureSource | undefined;
  #failure: AgentError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: HttpStreamOptions) {
    this.#options = options;
    this.#policy = options.policy ?? localPolicy;
    this.#patience = new Patience(options.timeoutSeconds, options.usualSilenceSeconds);
    this.description = describeSource({ kind: 'http', url: options.url });
  }

  get format(): SourceFormat | null {
    return this.#fallback?.format ?? this.#pictures?.format ?? null;
  }

  get processId(): number | undefined {
    return this.#fallback?.processId ?? this.#pictures?.processId;
  }

  async open(): Promise<void> {
    const { url, fps } = this.#options;
    const { signal } = this.#closing;
    const camera = new HttpCamera({ address: url, policy: this.#policy, signal });
    this.#camera = camera;
    const stream = await openHttpStream(camera, this.#patience.silenceMs);
    if (stream.kind === 'other') {
      camera.close();
      await this.#openFallback(url, stream.reason);
      return;
    }
    const pictures = this.#receivePictures();
    if (stream.kind === 'multipart') {
      this.#receiveParts(stream.response, stream.boundary, pictures);
      return;
    }
    this.#isPolled = true;
    const onPicture = (jpeg: Buffer, capturedMs: number): void => pictures.add(jpeg, capturedMs);
    const poller = new SnapshotPoller({ camera, fps, patience: this.#patience, onPicture, signal });
    poller.run(stream.response).catch((error) => this.#fail(error));
  }

  async read(): Promise<Frame | null> {
    if (this.#fallback !== undefined) return this.#fallback.read();
    const before = this.#pictures?.count;
    const begunMs = monotonicMs();
    for (;;) {
      if (this.#closing.signal.aborted) return null;
      const frame = this.#pictures?.take() ?? null;
      if (frame !== null) return frame;
      if (this.#failure !== undefined) throw this.#failure;
      const isTorn = this.#pictures?.count !== before || this.#pictures?.newestIsTorn === true;
      const { atMs, reason } = this.#limit(begunMs, isTorn);
      const remainingMs = atMs - monotonicMs();
      if (remainingMs <= 0) throw this.#readError(reason);
      // What is waited for may be another thing by then.
      await this.#wakened(Math.min(remainingMs, this.#patience.silenceMs));
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#camera?.close();
    this.#pictures?.close();
    this.#wake?.();
    await this.#fallback?.close();
  }

  async #openFallback(url: string, reason: string): Promise<void> {
    const { description } = this;
    const { decoder } = this.#options;
    const camera = { kind: 'http' as const, url, policy: this.#policy };
    const prepare = (signal: AbortSignal) => prepareNetworkCamera(camera, signal);
    const fallback = new CaptureSource({ ...this.#options, description, prepare });
    this.#fallback = fallback;
    try {
      await fallback.open();
    } catch (cause) {
      if (cause instanceof AgentError && cause.code !== 'CAMERA_OPEN_FAILED') throw cause;
      const also =
        decoder === 'vaapi'
          ? ' that VAAPI can decode: `pose-agent doctor` tells of the graphics unit, or set decoder: auto'
          : '';
      throw new AgentError(
        'CAMERA_OPEN_FAILED',
        `${description} cannot be opened: it gives no JPEGs (${reason}), and FFmpeg finds no video in it${also}`,
        { cause },
      );
    }
    if (this.#closing.signal.aborted) await fallback.close();
  }

  #receivePictures(): JpegPictures {
    const { held = 3, enough } = this.#options;
    this.#pictures = new JpegPictures({
      held,
      enough,
      onPicture: () => this.#wake?.(),
      onEnd: (reason) => this.#fail(this.#readError(reason)),
    });
    if (this.#closing.signal.aborted) this.#pictures.close();
    return this.#pictures;
  }

  #receiveParts(response: IncomingMessage, boundary: string, pictures: JpegPictures): void {
    const fail = (reason: string): void => this.#fail(this.#readError(reason));
    const parser = new MultipartParser(boundary, (jpeg, begunMs) => {
      this.#patience.picture(monotonicMs());
      pictures.add(jpeg, begunMs);
    });
    response.on('data', (chunk: Buffer) => {
      this.#heardMs = monotonicMs();
      try {
        parser.push(chunk);
      } catch (error) {
        fail((error as Error).message);
      }
    });
    response.on('end', () => fail('the server ended the stream'));
    response.on('error', (error) => fail(`the connection broke (${error.message})`));
    response.on('close', () => fail('the connection was closed'));
  }

  /** Until when a read that began at `begunMs` waits, and why no longer. `isTorn`: pictures came that were none. */
  #limit(begunMs: number, isTorn: boolean): { atMs: number; reason: string } {
    const { silenceMs, withoutPictureMs } = this.#patience;
    // Torn pictures happen on bad links: wait for the next, but not longer than for a silent camera.
    if (isTorn) return { atMs: begunMs + silenceMs, reason: 'sends pictures that are no JPEG' };
    // Whoever asks it sees whether it answers, and its picture may stay the same for long.
    if (this.#isPolled) return { atMs: Number.POSITIVE_INFINITY, reason: '' };
    const silent = Math.max(begunMs, this.#heardMs) + silenceMs;
    const without = begunMs + withoutPictureMs;
    return silent <= without
      ? { atMs: silent, reason: `no picture within ${Math.round(silenceMs)} ms` }
      : { atMs: without, reason: `data comes, but no picture within ${Math.round(withoutPictureMs)} ms` };
  }

  #fail(error: AgentError): void {
    this.#failure ??= error;
    this.#camera?.close();
    this.#wake?.();
  }

  #wakened(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #readError(reason: string): AgentError {
    return new AgentError('CAMERA_READ_FAILED', `${this.description}: ${reason}`);
  }
}
