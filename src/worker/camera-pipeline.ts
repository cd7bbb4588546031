import { drawSkeletons } from '../camera/draw-skeleton.js';
import { encodeJpeg } from '../camera/encode-jpeg.js';
import type { Frame, FrameSource } from '../camera/frame-source.js';
import { matOf } from '../camera/mat-frame.js';
import { freePixels } from '../engine/free-pixels.js';
import type { Session } from '../engine/session.js';
import { mapInstances, type SkeletonMapping } from '../pose/map-skeleton.js';
import { unpackInstances } from '../pose/packed-instances.js';
import { monotonicMs } from '../telemetry/monotonic-ms.js';
import { type CameraCounts, maxSnapshotBytes, type PoseMessage, type SnapshotMessage } from './messages.js';
import type { NewestFrameSlot } from './newest-frame-slot.js';
import type { Permits } from './permits.js';

export interface CameraPipelineOptions {
  /** Index of the camera. */
  camera: number;
  source: FrameSource;
  /** The number that the source gives its first frame; it may be lost before anybody reads it. */
  firstSeq: number;
  slot: NewestFrameSlot;
  session: Session;
  /** One a frame that may be in the engine; shared by all cameras. */
  permits: Permits;
  /** Frames after which the camera ends. */
  maxFrames: number;
  onFirstFrame: () => void;
  onPose: (message: PoseMessage) => void;
  onSnapshot: (message: SnapshotMessage) => void;
  onInferenceError: (error: unknown) => void;
}

const maxSnapshotRequests = 4;

interface SnapshotRequest {
  id: number;
  /** Whose people are drawn; null for the bare picture. */
  skeleton: SkeletonMapping | null;
}

/** One camera's way through the worker: source → newest-frame slot → engine → result. */
export class CameraPipeline {
  readonly #options: CameraPipelineOptions;
  readonly #pending = new Set<Promise<void>>();
  #read = 0;
  #droppedInSource = 0;
  #nextSeq: number;
  #newestCaptureMs = 0;
  #gaps = 0;
  /** Number of the first frame after a gap, until it or a later one goes to the engine. */
  #firstAfterGap: number | undefined;
  #failed = 0;
  #stopped = false;
  #snapshots: SnapshotRequest[] = [];

  constructor(options: CameraPipelineOptions) {
    this.#options = options;
    this.#nextSeq = options.firstSeq;
  }

  counts(): Omit<CameraCounts, 'reconnects' | 'stalls'> {
    return {
      read: this.#read,
      droppedInSource: this.#droppedInSource,
      newestCaptureMs: this.#newestCaptureMs,
      droppedInSlot: this.#options.slot.dropped,
      failed: this.#failed,
    };
  }

  /** Runs until the source ends, enough frames are through, or stop(). Rejects with the source's error. */
  async run(): Promise<void> {
    const { source, slot } = this.#options;
    const feeding = this.#feed();
    feeding.catch(() => {}); // looked at below, when the last frame is through
    try {
      await this.#consume();
    } finally {
      this.#stopped = true;
      slot.close();
      await source.close();
    }
    await feeding;
    await Promise.all(this.#pending);
  }

  stop(): void {
    this.#stopped = true;
    this.#options.slot.abandon();
  }

  /** The next frame goes out as a picture, too. While a camera is away only the latest few are remembered. */
  requestSnapshot(request: SnapshotRequest): void {
    this.#snapshots = [...this.#snapshots.slice(1 - maxSnapshotRequests), request];
  }

  /** Source → slot, as fast as the source gives. */
  async #feed(): Promise<void> {
    const { source, slot } = this.#options;
    try {
      await source.open();
      while (!this.#stopped) {
        const frame = await source.read();
        if (frame === null) return;
        if (this.#read++ === 0) this.#options.onFirstFrame();
        this.#droppedInSource += frame.seq - this.#nextSeq;
        this.#nextSeq = frame.seq + 1;
        this.#newestCaptureMs = captureMs(frame);
        this.#noteGap(source.gaps ?? 0, frame.seq);
        await slot.put(frame);
      }
    } finally {
      slot.close();
    }
  }

  #noteGap(gaps: number, seq: number): void {
    if (gaps !== this.#gaps) this.#firstAfterGap = seq;
    this.#gaps = gaps;
  }

  /** People of before a gap are not carried on into what comes after it. The engine keeps the order of a camera. */
  #forgetBefore(seq: number): void {
    if (this.#firstAfterGap === undefined || seq < this.#firstAfterGap) return;
    this.#firstAfterGap = undefined;
    this.#options.session.forget(this.#options.camera);
  }

  /** Slot → engine, as many at once as there are permits. The frame is taken after the permit is had, so that it
   *  is the newest one. */
  async #consume(): Promise<void> {
    const { slot, permits, maxFrames } = this.#options;
    for (let taken = 0; taken < maxFrames && !this.#stopped; taken++) {
      if (!(await slot.waiting())) return;
      await permits.acquire();
      const frame = this.#stopped ? null : await slot.take();
      if (frame === null) {
        permits.release();
        return;
      }
      const work = this.#infer(frame, monotonicMs()).finally(() => {
        permits.release();
        this.#pending.delete(work);
      });
      this.#pending.add(work);
    }
  }

  async #infer(frame: Frame, takenMs: number): Promise<void> {
    const { camera, session, onPose, onInferenceError } = this.#options;
    const { seq, capturedAt, width, height } = frame;
    const capturedMs = captureMs(frame);
    const snapshots = this.#snapshots.splice(0);
    let pixels: Uint8Array | undefined;
    try {
      pixels = frame.pixels();
      if (snapshots.length === 0) frame.release();
      const submittedMs = monotonicMs();
      this.#forgetBefore(seq);
      const packed = await session.infer({ pixels, width, height, camera, timeMs: capturedMs });
      onPose({
        type: 'pose',
        camera,
        seq,
        ts: capturedAt,
        width,
        height,
        packed,
        capturedMs,
        takenMs,
        submittedMs,
        sentMs: monotonicMs(),
      });
      for (const request of snapshots) await this.#sendSnapshot(frame, packed, request);
    } catch (error) {
      this.#failed++;
      onInferenceError(error);
    } finally {
      if (pixels !== undefined) freePixels(pixels);
      frame.release();
    }
  }

  async #sendSnapshot(frame: Frame, packed: Float32Array, { id, skeleton }: SnapshotRequest): Promise<void> {
    const { capturedAt, width, height } = frame;
    const picture = matOf(frame).copy();
    if (skeleton !== null) {
      drawSkeletons(picture, mapInstances(unpackInstances(packed), skeleton), skeleton.to);
    }
    const { jpeg, scale } = await encodeJpeg(picture, maxSnapshotBytes).finally(() => picture.release());
    this.#options.onSnapshot({
      type: 'snapshot',
      id,
      ts: Math.round(capturedAt),
      width: Math.floor(width * scale),
      height: Math.floor(height * scale),
      jpeg,
    });
  }
}

/** A frame's capture time on the clock that all processes share, ms. */
function captureMs(frame: Frame): number {
  return monotonicMs() - (performance.now() - frame.capturedMonotonic);
}
