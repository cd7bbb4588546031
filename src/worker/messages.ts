import type { FfmpegDecoder } from '../camera/ffmpeg-decoder.js';
import type { WantedTransport } from '../camera/rtsp-transport.js';
import type { EngineName } from '../config/engine-devices.js';
import type { CameraPictureConfig } from '../config/schema.js';
import type { NativeCeiling, NativeSessionInfo } from '../engine/binding.js';
import type { OpenProgress } from '../engine/open-progress.js';
import type { OpenSessionOptions } from '../engine/session.js';
import type { ErrorCode } from '../errors.js';
import type { SourcePolicy } from '../network/source-policy.js';
import type { SkeletonMapping } from '../pose/map-skeleton.js';

/** Number of the open file through which the agent and its worker speak. */
export const workerPipe = 3;
/** Longest text in a message; what is longer is cut by whoever sends it. */
export const maxTextLength = 4096;
/** Of a snapshot. In base64, with what is around it, within what the strictest brokers take: 128 KiB. */
export const maxSnapshotBytes = 90_000;

/** A camera as the worker is told to read it. */
export interface WorkerCamera {
  /** What it is called in messages; never given to another camera, or another reading of this one, of the same worker. */
  number: number;
  id: string;
  source: string;
  /** What it may connect to, where it is a network camera. */
  policy: SourcePolicy;
  width?: number | undefined;
  height?: number | undefined;
  fps?: number | undefined;
  transport?: WantedTransport | undefined;
  /** Who decodes what FFmpeg reads; auto where undefined. */
  decoder?: FfmpegDecoder | undefined;
  /** How long it may be silent before it counts as away; by its own pace where undefined. */
  timeoutSeconds?: number | undefined;
  loop: boolean;
  pace: 'realtime' | 'max';
  picture: CameraPictureConfig;
  /** Number of its first frame, so that counting goes on over restarts of the worker. */
  firstSeq: number;
}

/** First message to a worker. */
export interface StartMessage {
  type: 'start';
  engine: EngineName;
  session: OpenSessionOptions;
  cameras: WorkerCamera[];
  /** Frames a camera after which it ends; undefined for no end. */
  frames?: number | undefined;
}

export type ToWorker =
  | StartMessage
  /** All cameras from now on. Those whose number it knows go on, and `picture` counts from their next frame on; those that are
   *  missing end without a word. */
  | { type: 'cameras'; cameras: WorkerCamera[] }
  /** Bare speed of the network, with the cameras held back meanwhile. */
  | { type: 'measure'; id: number; seconds: number }
  /** A picture of the camera's next frame; with its people where it is said what is drawn of them. */
  | { type: 'snapshot'; id: number; camera: number; skeleton: SkeletonMapping | null }
  | { type: 'stop' };

export type SessionInfo = NativeSessionInfo & { engine: EngineName };

/** One inferred frame. Times in ms on the machine's monotonic clock, which both processes share. */
export interface PoseMessage {
  type: 'pose';
  /** WorkerCamera.number */
  camera: number;
  seq: number;
  /** Capture, ms since the Unix epoch. */
  ts: number;
  width: number;
  height: number;
  /** src/pose/packed-instances.ts */
  packed: Float32Array;
  capturedMs: number;
  takenMs: number;
  submittedMs: number;
  sentMs: number;
}

/** The answer to `snapshot`. */
export interface SnapshotMessage {
  type: 'snapshot';
  id: number;
  /** Capture, ms since the Unix epoch. */
  ts: number;
  /** Of the picture, which may be smaller than the frame. */
  width: number;
  height: number;
  jpeg: Uint8Array;
}

/** `ended`: a recording is over, or enough frames are through. `failed`: a recording cannot be played. */
export const cameraStates = ['connecting', 'online', 'offline', 'ended', 'failed'] as const;

export type CameraState = (typeof cameraStates)[number];

/** Counts since the camera was begun. */
export interface CameraCounts {
  read: number;
  /** Frames the source itself passed over, seen as gaps in its numbers. */
  droppedInSource: number;
  /** Capture of the newest frame, ms on the machine's monotonic clock; 0 before the first. */
  newestCaptureMs: number;
  /** Frames replaced in the slot by a newer one. */
  droppedInSlot: number;
  /** Frames whose inference failed. */
  failed: number;
  /** Frame.clockErrorMs of the newest frame. */
  clockErrorMs: number | null | undefined;
  reconnects: number;
  stalls: number;
}

/** With WorkerCamera.number. */
export type NumberedCounts = CameraCounts & { camera: number };

export type FromWorker =
  /** About once a second while the engine builds a plan, before `ready`; fraction 1 at its end. */
  | ({ type: 'opening' } & OpenProgress)
  | { type: 'ready'; info: SessionInfo; openMs: number }
  | PoseMessage
  | { type: 'camera'; camera: number; state: CameraState; reason: string | null; code: ErrorCode | null }
  /** Once a second: proof of life. */
  | { type: 'beat'; cameras: NumberedCounts[]; rssBytes: number; loopP99Ms: number }
  | { type: 'ceiling'; id: number; ceiling: NativeCeiling }
  | SnapshotMessage
  /** Every camera has ended; the worker exits after this. */
  | { type: 'finished' }
  /** The worker cannot go on; it exits after this. */
  | { type: 'failed'; code: ErrorCode; message: string };
