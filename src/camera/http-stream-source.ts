import type { IncomingMessage } from 'node:http';
import { AgentError } from '../errors.js';
import { localPolicy, type SourcePolicy } from '../network/source-policy.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { openHttpStream } from './http-stream.js';
import { LiveCaptureSource } from './live-capture-source.js';
import { MatFrame } from './mat-frame.js';
import { MultipartParser } from './multipart-parser.js';
import { decodePicture, loadOpencv } from './opencv.js';
import { describeSource } from './parse-source.js';

export interface HttpStreamOptions {
  readonly url: string;
  /** Silence for so long, in ms, counts as failed; 4000 by default. */
  readonly timeoutMs?: number;
  /** What it may connect to; localPolicy by default. */
  readonly policy?: SourcePolicy;
}

interface Picture {
  readonly jpeg: Buffer;
  readonly seq: number;
  readonly arrivedAt: number;
}

/**
 * A camera over HTTP. Multipart (MJPEG) streams are received here and decoded by OpenCV: nothing blocks, closing is
 * immediate, and only pictures that are asked for are decoded. Everything else goes through OpenCV's FFmpeg.
 */
export class HttpStreamSource implements FrameSource {
  readonly description: string;
  readonly finite = false;
  readonly #options: HttpStreamOptions;
  readonly #timeoutMs: number;
  readonly #policy: SourcePolicy;
  readonly #closing = new AbortController();
  #format: SourceFormat | null = null;
  #response: IncomingMessage | undefined;
  #fallback: LiveCaptureSource | undefined;
  #seq = 0;
  #newest: Picture | undefined;
  #failure: string | undefined;
  #wake: (() => void) | undefined;

  constructor(options: HttpStreamOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 4000;
    this.#policy = options.policy ?? localPolicy;
    this.description = describeSource({ kind: 'http', url: options.url });
  }

  get format(): SourceFormat | null {
    return this.#fallback?.format ?? this.#format;
  }

  async open(): Promise<void> {
    loadOpencv();
    const { url } = this.#options;
    const stream = await openHttpStream(url, {
      timeoutMs: this.#timeoutMs,
      policy: this.#policy,
      signal: this.#closing.signal,
    });
    if (stream.kind === 'other') {
      await this.#openFallback(url, stream.reason);
      return;
    }
    this.#format = { width: null, height: null, fps: null, frames: null, encoding: 'MJPG' };
    this.#receive(stream.response, stream.boundary);
  }

  async read(): Promise<Frame | null> {
    if (this.#fallback !== undefined) return this.#fallback.read();
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const picture = await this.#nextPicture(deadline);
      if (picture === null) return null;
      const mat = await decodePicture(picture.jpeg);
      if (this.#closing.signal.aborted) {
        mat?.release();
        return null;
      }
      if (mat !== null) return new MatFrame(mat, picture.seq, picture.arrivedAt);
      // Torn pictures happen on bad links: wait for the next, but not longer than for a silent camera.
      if (performance.now() > deadline) throw this.#readError('sends pictures that are no JPEG');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#response?.destroy();
    this.#newest = undefined;
    this.#wake?.();
    await this.#fallback?.close();
  }

  async #openFallback(url: string, reason: string): Promise<void> {
    const fallback = new LiveCaptureSource({ spec: { kind: 'http', url }, policy: this.#policy });
    this.#fallback = fallback;
    try {
      await fallback.open();
    } catch (cause) {
      if (cause instanceof AgentError && cause.code !== 'CAMERA_OPEN_FAILED') throw cause;
      throw new AgentError(
        'CAMERA_OPEN_FAILED',
        `${this.description} cannot be opened: it is no MJPEG stream (${reason}), and FFmpeg finds no video in it`,
        { cause },
      );
    }
    if (this.#closing.signal.aborted) await fallback.close();
  }

  #receive(response: IncomingMessage, boundary: string): void {
    this.#response = response;
    const parser = new MultipartParser(boundary, (jpeg) => {
      this.#newest = { jpeg, seq: this.#seq++, arrivedAt: performance.now() };
      this.#wake?.();
    });
    const fail = (reason: string): void => {
      this.#failure ??= reason;
      response.destroy();
      this.#wake?.();
    };
    response.on('data', (chunk: Buffer) => {
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

  /** The newest picture that was not read yet, as soon as there is one; null when closed. */
  async #nextPicture(deadline: number): Promise<Picture | null> {
    for (;;) {
      if (this.#closing.signal.aborted) return null;
      const picture = this.#newest;
      if (picture !== undefined) {
        this.#newest = undefined;
        return picture;
      }
      if (this.#failure !== undefined) throw this.#readError(this.#failure);
      const remaining = deadline - performance.now();
      if (remaining <= 0) throw this.#readError(`no picture within ${this.#timeoutMs} ms`);
      await this.#wakened(remaining);
    }
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
