import type { PictureFormat } from '../native/picture-format.js';

/** One picture from a source, and when and as which it was taken. */
export interface Frame {
  /** Counts the source's frames from 0; frames that nobody looked at count too. */
  readonly seq: number;
  /** Capture time, ms since the Unix epoch. */
  readonly capturedAt: number;
  /** Capture time on `performance.now()`'s clock, for durations. */
  readonly capturedMonotonic: number;
  /** Where the capture time is by the camera's own clock: how far it may be wrong, ms; null where that is not known yet.
   *  Left out where it is when the frame came. */
  readonly clockErrorMs?: number | null | undefined;
  /** Whether it is a key frame of its stream; left out where nobody knows. */
  readonly isKey?: boolean | undefined;
  /** Of the camera's own frame. */
  readonly width: number;
  readonly height: number;
  /** Pixels of that frame to one of pixels(), each way; divides width and height. Left out where that is 1. */
  readonly scale?: number;
  /** True where captured() is lent: it stays only until release(). */
  readonly lent?: boolean;
  /** A copy of the picture as BGR, 8 bits a channel, rows packed: `(width / scale) * (height / scale) * 3` bytes. It is the
   *  caller's own. */
  pixels(): Uint8Array;
  /** The picture as it came: nothing is converted. Lent, or a copy as pixels() is. Left out where that is the same. */
  captured?(): CapturedPicture;
  /** Frees the native picture; harmless when called again. Every frame must be released. */
  release(): void;
}

/** A picture in the format that its camera gives. */
export interface CapturedPicture {
  readonly pixels: Uint8Array;
  readonly format: PictureFormat;
}

/** What a frame holds, at the least cost. */
export function capturedPicture(frame: Frame): CapturedPicture {
  return frame.captured?.() ?? { pixels: frame.pixels(), format: 'bgr' };
}

/** How many pixels of the whole frame are of use to who looks at it: with fewer it would see less. */
export interface EnoughPixels {
  readonly across: number;
  readonly down: number;
  /** False where one of the two is enough, as for a network whose picture keeps its proportions. */
  readonly both: boolean;
}

/** What an open source says of itself; null where it does not say. */
export interface SourceFormat {
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  /** Frames in all, of a recording that tells. */
  readonly frames: number | null;
  /** The camera's own pixel format, for example MJPG. */
  readonly encoding: string | null;
  /** Who decodes it, where that could be another. */
  readonly decoder?: 'software' | 'vaapi' | undefined;
}

/** Where frames come from. One read at a time. */
export interface FrameSource {
  /** For people: what it is, without credentials. */
  readonly description: string;
  /** True where the source ends by itself (a file played once). */
  readonly finite: boolean;
  /** What was got from the device or file; null before open(). A live stream may differ from it later. */
  readonly format: SourceFormat | null;
  /** How often no frames came for a while before the latest one: who was seen before such a gap may have left since.
   *  Left out where there are none. */
  readonly gaps?: number;
  /** Of the process that reads it, where that is not this one. */
  readonly processId?: number | undefined;
  /** Throws AgentError CAMERA_OPEN_FAILED. */
  open(): Promise<void>;
  /**
   * The next frame, or null at the end of a finite source and after close(). A live source waits no longer than its camera's
   * pace allows. Throws AgentError CAMERA_READ_FAILED.
   */
  read(): Promise<Frame | null>;
  /** Never throws; harmless when called again. Does not wait for a native read that hangs. */
  close(): Promise<void>;
}
