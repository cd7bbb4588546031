import { accessSync, constants } from 'node:fs';
import { AgentError } from '../errors.js';
import { FramePacer } from './frame-pacer.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { filePipeline } from './jetson-pipelines.js';
import { MatFrame, toBgr } from './mat-frame.js';
import { captureFormat, isUpsideDown, openCapture, readCapture } from './open-capture.js';
import { openInTurn } from './open-in-turn.js';
import { openPipeline } from './open-pipeline.js';
import { loadOpencv, type Mat, type VideoCapture } from './opencv.js';

export interface VideoFileOptions {
  /** Absolute: a relative one with a colon in it would be read as a protocol. */
  readonly path: string;
  readonly description: string;
  /** realtime: each frame at its time, late readers miss some; max: every frame, as fast as it is asked for. */
  readonly pace: 'realtime' | 'max';
  readonly loop: boolean;
  /** Plays at this rate instead of the file's own. */
  readonly fps?: number;
  /** The first frame's number; 0 by default. */
  readonly firstSeq?: number;
  /** Decoded by a Jetson's hardware instead of FFmpeg; false by default. */
  readonly jetson?: boolean;
}

/** The rate of a file that names none, or none that can be true. */
const fallbackFps = 30;
/** Longer skips than this mean that decoding is slower than real time: then the clock waits for the decoder. */
const maxSkipMs = 500;

/**
 * A video file through OpenCV's FFmpeg, or through a Jetson's decoder. `seq` counts the clip's frames and goes on when it
 * is looped.
 */
export class VideoFileSource implements FrameSource {
  readonly description: string;
  readonly finite: boolean;
  format: SourceFormat | null = null;
  readonly #options: VideoFileOptions;
  readonly #closing = new AbortController();
  #capture: VideoCapture | undefined;
  #pacer: FramePacer | undefined;
  #next: number;
  #inThisPass = 0;
  #upsideDown = false;

  constructor(options: VideoFileOptions) {
    this.#options = options;
    this.description = options.description;
    this.finite = !options.loop;
    this.#next = options.firstSeq ?? 0;
  }

  async open(): Promise<void> {
    const { path, pace } = this.#options;
    this.#assertReadable(path);
    this.#capture = await this.#openCapture();
    this.format = captureFormat(this.#capture);
    this.#upsideDown = this.#options.jetson !== true && isUpsideDown(this.#capture);
    if (this.format.width === null || this.format.height === null) {
      await this.close();
      throw new AgentError('CAMERA_OPEN_FAILED', `${path} has no video stream with a known picture size`);
    }
    const own = this.format.fps;
    const fps = this.#options.fps ?? (own !== null && own <= 1000 ? own : fallbackFps);
    this.format = { ...this.format, fps };
    if (pace === 'realtime') this.#pacer = new FramePacer(fps);
  }

  async read(): Promise<Frame | null> {
    const signal = this.#closing.signal;
    let due = this.#next;
    if (this.#pacer !== undefined) {
      try {
        due = await this.#pacer.due(this.#next, signal);
      } catch (error) {
        if (signal.aborted) return null;
        throw error;
      }
    }
    const begun = performance.now();
    while (!signal.aborted) {
      const mat = await this.#nextMat();
      const readAt = performance.now();
      if (mat === null) return null;
      const seq = this.#next++;
      const late = readAt - begun > maxSkipMs;
      if (late) this.#pacer?.restart(seq);
      if (seq >= due || late) return new MatFrame(toBgr(mat, this.description), seq, readAt);
      mat.release();
    }
    return null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#capture?.release();
    this.#capture = undefined;
  }

  /** The next picture of the file, from its beginning again where it is looped; null at the end or when closed. */
  async #nextMat(): Promise<Mat | null> {
    const mat = await this.#readMat();
    if (mat !== null) {
      this.#inThisPass++;
      return mat;
    }
    if (this.#closing.signal.aborted) return null;
    if (this.#inThisPass === 0) {
      throw new AgentError('CAMERA_READ_FAILED', `${this.description}: no picture of it can be decoded`);
    }
    if (!this.#options.loop) return null;
    await this.#rewind();
    this.#inThisPass = 0;
    return this.#nextMat();
  }

  async #readMat(): Promise<Mat | null> {
    const capture = this.#capture;
    if (capture === undefined) return null;
    const mat = await readCapture(capture, this.description);
    const isPicture = !mat.empty && !this.#closing.signal.aborted;
    if (isPicture && !this.#upsideDown) return mat;
    const turned = isPicture ? mat.rotate(loadOpencv().ROTATE_180) : null;
    mat.release();
    return turned;
  }

  async #rewind(): Promise<void> {
    // Opening anew instead of seeking: a seek goes to a key frame, and some containers have none at 0.
    this.#capture?.release();
    this.#capture = undefined;
    this.#assertReadable(this.#options.path);
    this.#capture = await this.#openCapture();
  }

  async #openCapture(): Promise<VideoCapture> {
    const { path, description, jetson = false } = this.#options;
    const hint = 'it is no video, its codec is not known, or the file is cut off';
    if (!jetson) return openCapture({ target: path, backend: 'ffmpeg', description, hint });
    const pipeline = filePipeline(path);
    // Another pass: it gave pictures a moment ago.
    if (this.#inThisPass > 0)
      return openCapture({ target: pipeline, backend: 'gstreamer', description, hint });
    const options = { pipeline, description, signal: this.#closing.signal };
    return openInTurn(() => openPipeline({ ...options, remedy: 'decoder: software decodes it on the CPU' }));
  }

  #assertReadable(path: string): void {
    try {
      accessSync(path, constants.R_OK);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
      throw new AgentError('CAMERA_OPEN_FAILED', `${path} ${reason}`, { cause });
    }
  }
}
