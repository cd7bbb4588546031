import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../errors.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { Patience } from './patience.js';
import { redactSource } from './redact-source.js';
import { RetoldFrame } from './retold-frame.js';

/** Whoever was seen may have left when two frames are so far apart. */
const gapMs = 4000;

export interface CameraStatus {
  readonly state: 'connecting' | 'online' | 'offline';
  /** For people, without credentials: why it is offline; empty otherwise. */
  readonly reason: string;
  readonly error?: AgentError;
}

/** What is known of a camera that was read before. */
export interface UsualSilence {
  /** Patience.silenceMs of then; left out where its pace was not known. */
  readonly usualSilenceSeconds?: number;
}

export interface ReconnectingOptions {
  /** Makes a new, unopened source; what it throws counts like a failed open. */
  readonly create: (usual: UsualSilence) => FrameSource;
  readonly description: string;
  readonly finite: boolean;
  readonly onStatus?: (status: CameraStatus) => void;
  /** The first frame's number; a restarted worker goes on where the one before it ended. */
  readonly firstSeq?: number;
  /** Pause before the first reopening, in ms; it doubles with every failure. 500 by default. */
  readonly minDelayMs?: number;
  /** Longest pause between reopenings, in ms; 2000 by default, so that one that is back gives frames within 5 s. */
  readonly maxDelayMs?: number;
}

/** A source that is opened again whenever it fails, until it is closed. Its reads never fail; they wait. */
export class ReconnectingSource implements FrameSource {
  readonly description: string;
  readonly finite: boolean;
  readonly #options: ReconnectingOptions;
  readonly #closing = new AbortController();
  /** Ends the wait that is under way, if any. */
  #cancel: (() => void) | undefined;
  #source: FrameSource | undefined;
  #format: SourceFormat | null = null;
  #status: CameraStatus | undefined;
  /** Failures since the last frame. */
  #failures = 0;
  /** Added to the numbers of the present source's frames. */
  #seqBase: number;
  #nextSeq: number;
  #reopenings = 0;
  #gaps = 0;
  /** Of all its openings. */
  readonly #patience = new Patience();
  /** Capture of the newest frame, on performance.now()'s clock. */
  #lastCaptured = Number.POSITIVE_INFINITY;

  constructor(options: ReconnectingOptions) {
    this.#options = options;
    this.description = options.description;
    this.finite = options.finite;
    this.#seqBase = options.firstSeq ?? 0;
    this.#nextSeq = this.#seqBase;
  }

  get format(): SourceFormat | null {
    return this.#source?.format ?? this.#format;
  }

  /** How often the source was opened again after a failure. */
  get reopenings(): number {
    return this.#reopenings;
  }

  /** Reopenings, and pauses of a slow camera, as soon as there is a frame again. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Only reports `connecting`: the first read opens the source, and tries again where that fails. */
  async open(): Promise<void> {
    this.#report({ state: 'connecting', reason: '' });
  }

  /** The next frame, however long that takes; null at the end of a finite source and at once when closed. */
  async read(): Promise<Frame | null> {
    const signal = this.#closing.signal;
    while (!signal.aborted) {
      try {
        const source = this.#source ?? (await this.#connect());
        if (source === null) return null;
        const frame = await this.#unlessClosed(source.read(), (late) => late?.release());
        if (frame === null) return null;
        return this.#deliver(frame);
      } catch (error) {
        if (signal.aborted) return null;
        await this.#recover(error);
      }
    }
    return null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancel?.();
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }

  async #connect(): Promise<FrameSource | null> {
    if (this.#failures > 0) {
      if (!(await this.#pause())) return null;
      this.#reopenings++;
    }
    this.#patience.interrupted();
    const { knowsPace, silenceMs } = this.#patience;
    const source = this.#options.create(knowsPace ? { usualSilenceSeconds: silenceMs / 1000 } : {});
    this.#source = source;
    this.#seqBase = this.#nextSeq;
    // Whoever closes does not wait for an open that hangs; its late failure is of no interest then.
    const opened = await this.#unlessClosed(source.open().then(() => source));
    if (opened !== null) this.#format = source.format;
    return opened;
  }

  /**
   * The result of `work`, or null as soon as this source is closed; a result that comes later goes to `discard`.
   * No Promise.race with a promise that lives as long as the source: it would keep every frame it ever raced with.
   */
  #unlessClosed<T>(work: Promise<T>, discard?: (late: T) => void): Promise<T | null> {
    return new Promise((resolve, reject) => {
      let cancelled = false;
      this.#cancel = () => {
        cancelled = true;
        resolve(null);
      };
      work.then((result) => {
        if (cancelled) discard?.(result);
        else resolve(result);
      }, reject);
      if (this.#closing.signal.aborted) this.#cancel();
    });
  }

  #deliver(frame: Frame): Frame {
    this.#failures = 0;
    const isLate = frame.capturedMonotonic - this.#lastCaptured > gapMs;
    if (isLate || this.#status?.state === 'offline') this.#gaps++;
    this.#lastCaptured = frame.capturedMonotonic;
    this.#patience.picture(frame.capturedMonotonic);
    this.#report({ state: 'online', reason: '' });
    const seq = this.#seqBase + frame.seq;
    this.#nextSeq = seq + 1;
    return this.#seqBase === 0 ? frame : new RetoldFrame(frame, seq);
  }

  async #recover(cause: unknown): Promise<void> {
    const error =
      cause instanceof AgentError
        ? cause
        : new AgentError('CAMERA_READ_FAILED', redactSource(`${this.description}: ${String(cause)}`), {
            cause,
          });
    this.#failures++;
    this.#report({ state: 'offline', reason: error.message, error });
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }

  /** False when it was closed meanwhile. The jitter keeps many agents from reopening one camera in step. */
  async #pause(): Promise<boolean> {
    const { minDelayMs = 500, maxDelayMs = 2000 } = this.#options;
    const delay = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#failures - 1, 16));
    try {
      await sleep(delay * (0.8 + 0.2 * Math.random()), undefined, { signal: this.#closing.signal });
      return true;
    } catch {
      return false;
    }
  }

  #report(status: CameraStatus): void {
    if (this.#status?.state === status.state && this.#status.reason === status.reason) return;
    this.#status = status;
    this.#options.onStatus?.(status);
  }
}
