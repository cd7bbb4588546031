/** One picture from a source, and when and as which it was taken. */
export interface Frame {
  /** Counts the source's frames from 0; frames that nobody looked at count too. */
  readonly seq: number;
  /** Capture time, ms since the Unix epoch. */
  readonly capturedAt: number;
  /** Capture time on `performance.now()`'s clock, for durations. */
  readonly capturedMonotonic: number;
  readonly width: number;
  readonly height: number;
  /** The picture as BGR, 8 bits a channel, rows packed: `width * height * 3` bytes. Copies: call it at most once. */
  pixels(): Uint8Array;
  /** Frees the native picture; harmless when called again. Every frame must be released. */
  release(): void;
}

/** What an open source says of itself; null where it does not say. */
export interface SourceFormat {
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  /** Frames in all, where the source is finite and knows. */
  readonly frames: number | null;
  /** The camera's own pixel format, for example MJPG. */
  readonly encoding: string | null;
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
  /** Throws AgentError CAMERA_OPEN_FAILED. */
  open(): Promise<void>;
  /** The next frame, or null at the end of a finite source and after close(). Throws AgentError CAMERA_READ_FAILED. */
  read(): Promise<Frame | null>;
  /** Never throws; harmless when called again. Does not wait for a native read that hangs. */
  close(): Promise<void>;
}
