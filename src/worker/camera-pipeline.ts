import { drawSkeletons } from '../camera/draw-skeleton.js';
import { encodeJpeg } from '../camera/encode-jpeg.js';
import {
  type CapturedPicture,
  capturedPicture,
  type EnoughPixels,
  type Frame,
  type FrameSource,
} from '../camera/frame-source.js';
import { bgrMat } from '../camera/mat-frame.js';
import type { CameraPictureConfig } from '../config/schema.js';
import { freePixels } from '../engine/free-pixels.js';
import type { Session } from '../engine/session.js';
import { monotonicMs } from '../monotonic-ms.js';
import { convertToBgr } from '../native/picture-format.js';
import { mapInstances, type SkeletonMapping } from '../pose/map-skeleton.js';
import { scaleInstances, unpackInstances } from '../pose/packed-instances.js';
import { CameraPicture, type WholePictureInput } from './camera-picture.js';
import { type CameraCounts, maxSnapshotBytes, type PoseMessage, type SnapshotMessage } from './messages.js';
import type { NewestFrameSlot } from './newest-frame-slot.js';
import type { Permits } from './permits.js';

export interface CameraPipelineOptions {
  /** Index of the camera. */
  camera: number;
  source: FrameSource;
  /** The number that the source gives its first frame; it may be lost before anybody reads it. */
  firstSeq: number;
  /** What is done with its pictures, to begin with. */
  picture: CameraPictureConfig;
  /** What its network takes of a picture; undefined where it needs all of it. */
  input?: WholePictureInput | undefined;
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
  #clockErrorMs: number | null | undefined;
  #gaps = 0;
  /** Number of the first frame after a gap, until it or a later one goes to the engine. */
  #firstAfterGap: number | undefined;
  #failed = 0;
  #stopped = false;
  #snapshots: SnapshotRequest[] = [];
  #picture: CameraPicture;

  constructor(options: CameraPipelineOptions) {
    this.#options = options;
    this.#nextSeq = options.firstSeq;
    this.#picture = new CameraPicture(options.picture);
  }

  counts(): Omit<CameraCounts, 'reconnects' | 'stalls'> {
    return {
      read: this.#read,
      droppedInSource: this.#droppedInSource,
      newestCaptureMs: this.#newestCaptureMs,
      clockErrorMs: this.#clockErrorMs,
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

  /** How small the next picture may be decoded; undefined for whole, as whoever asked for a snapshot is to see it. */
  enough(): EnoughPixels | undefined {
    const { input } = this.#options;
    return input === undefined || this.#snapshots.length > 0 ? undefined : this.#picture.enough(input);
  }

  /** The next whole frame goes out as a picture, too. While a camera is away only the latest few are remembered. */
  requestSnapshot(request: SnapshotRequest): void {
    this.#snapshots = [...this.#snapshots.slice(1 - maxSnapshotRequests), request];
  }

  /** What is done with its pictures, from the next frame on that goes to the engine. */
  prepare(picture: CameraPictureConfig): void {
    const moved = !this.#picture.isSeenAs(picture);
    this.#picture = new CameraPicture(picture);
    // Who is followed is followed in the picture that the networks see. The engine keeps the order of a camera.
    if (moved) this.#options.session.forget(this.#options.camera);
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
        this.#clockErrorMs = frame.clockErrorMs;
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
    const { seq, capturedAt, width, height, scale = 1 } = frame;
    const capturedMs = captureMs(frame);
    const snapshots = scale === 1 ? this.#snapshots.splice(0) : [];
    const [across, down] = [width / scale, height / scale];
    const picture = this.#picture;
    let pixels: Uint8Array | undefined;
    try {
      const captured = capturedPicture(frame);
      const { format } = captured;
      pixels = captured.pixels;
      if (!frame.lent) frame.release();
      // First of all: nobody, be it a snapshot, sees what lies under a mask.
      picture.blacken(pixels, across, down, format);
      const submittedMs = monotonicMs();
      this.#forgetBefore(seq);
      const view = picture.view(across, down);
      const size = { width: across, height: down };
      const packed = await session.infer({ ...size, pixels, format, camera, timeMs: capturedMs, view });
      if (scale !== 1) scaleInstances(packed, scale);
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
      for (const request of snapshots) await this.#sendSnapshot(frame, captured, packed, request);
    } catch (error) {
      this.#failed++;
      onInferenceError(error);
    } finally {
      if (pixels !== undefined && !frame.lent) freePixels(pixels);
      frame.release();
    }
  }

  /** The camera's own frame, as keypoints are told in it: neither turned nor cut out. */
  async #sendSnapshot(
    { capturedAt, width, height }: Frame,
    { pixels, format }: CapturedPicture,
    packed: Float32Array,
    { id, skeleton }: SnapshotRequest,
  ): Promise<void> {
    const bgr = format === 'bgr' ? pixels : convertToBgr(pixels, width, height, format);
    const picture = bgrMat(bgr, width, height);
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
