import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../errors.js';
import { CaptureSource, type PreparedCamera } from './capture-source.js';
import { FramePacer } from './frame-pacer.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { filePipeline } from './jetson-pipelines.js';
import { pipelineCamera } from './pipeline-camera.js';
import { RetoldFrame } from './retold-frame.js';

export interface VideoFileOptions {
  /** Absolute. */
  readonly path: string;
  readonly description: string;
  /** realtime: each frame at its time, late readers miss some; max: every frame, as fast as it is asked for. */
  readonly pace: 'realtime' | 'max';
  readonly loop: boolean;
  /** Plays at this rate instead of the file's own. */
  readonly fps?: number;
  /** The first frame's number; 0 by default. */
  readonly firstSeq?: number;
  /** Frames that are held at the same time; 3 by default. */
  readonly held?: number | undefined;
  /** Decoded by a Jetson's hardware instead of the CPU; false by default. */
  readonly jetson?: boolean;
  /** Told what is worth a line in the log and no failure. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** The rate of a file that names none, or none that can be true. */
const fallbackFps = 30;
/** Longer skips than this mean that decoding is slower than real time: then the clock waits for the decoder. */
const maxSkipMs = 500;
/** Each holds more pictures in memory: with four an 8K recording would not find room. */
const maxDecoderThreads = 2;
/** Before a looped recording is begun again whose process crashed. */
const crashPauseMs = 1000;

/**
 * A video file that a process of its own decodes, ahead of whoever reads it. `seq` counts the clip's frames and goes on when
 * it is looped.
 */
export class VideoFileSource implements FrameSource {
  readonly description: string;
  readonly finite: boolean;
  format: SourceFormat | null = null;
  readonly #options: VideoFileOptions;
  readonly #closing = new AbortController();
  #recording: CaptureSource;
  #pacer: FramePacer | undefined;
  #next: number;

  constructor(options: VideoFileOptions) {
    this.#options = options;
    this.description = options.description;
    this.finite = !options.loop;
    this.#next = options.firstSeq ?? 0;
    this.#recording = recordingOf(options);
  }

  get processId(): number | undefined {
    return this.#recording.processId;
  }

  async open(): Promise<void> {
    assertReadable(this.#options.path);
    await this.#recording.open();
    const found = this.#recording.format as SourceFormat;
    const own = found.fps;
    const fps = this.#options.fps ?? (own !== null && own <= 1000 ? own : fallbackFps);
    this.format = { ...found, fps };
    if (this.#options.pace === 'realtime') this.#pacer = new FramePacer(fps);
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
      const frame = await this.#nextFrame();
      if (frame === null) return null;
      const readAt = performance.now();
      const seq = this.#next++;
      const late = readAt - begun > maxSkipMs;
      if (late) this.#pacer?.restart(seq);
      // It was decoded before its time.
      if (seq >= due || late) return new RetoldFrame(frame, seq, readAt);
      frame.release();
    }
    return null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#recording.close();
  }

  async #nextFrame(): Promise<Frame | null> {
    for (;;) {
      try {
        return await this.#recording.read();
      } catch (error) {
        assertReadable(this.#options.path);
        // What is played once must not go on with frames missing. What is looped stands for a camera, and has no end.
        if (!this.#options.loop || !this.#recording.hasCrashed) throw error;
        this.#options.onNotice?.(`${(error as Error).message}; it begins again`);
      }
      await this.#beginAgain();
    }
  }

  async #beginAgain(): Promise<void> {
    const signal = this.#closing.signal;
    await this.#recording.close();
    await sleep(crashPauseMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return; // what is closed gives no frames
    this.#recording = recordingOf(this.#options);
    await this.#recording.open().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function recordingOf(options: VideoFileOptions): CaptureSource {
  const { description, held } = options;
  return new CaptureSource({ description, held, prepare: async () => prepareRecording(options) });
}

function prepareRecording({ path, loop, jetson = false }: VideoFileOptions): PreparedCamera {
  const pass = { loop: Number(loop) };
  if (!jetson) {
    const threads = Math.min(availableParallelism(), maxDecoderThreads);
    return { spec: { body: 'recording', path, threads, ...pass } };
  }
  const camera = pipelineCamera(filePipeline(path), 'decoder: software decodes it on the CPU');
  return { ...camera, spec: { ...camera.spec, recording: 1, ...pass } };
}

/** Throws AgentError CAMERA_OPEN_FAILED. */
function assertReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new AgentError('CAMERA_OPEN_FAILED', `${path} ${reason}`, { cause });
  }
}
