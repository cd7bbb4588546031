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

/** Where frames come from. One read at a time. */
export interface FrameSource {
  /** For people: what it is, without credentials. */
  readonly description: string;
  /** True where the source ends by itself (a file played once). */
  readonly finite: boolean;
  /** Throws AgentError CAMERA_OPEN_FAILED. */
  open(): Promise<void>;
  /** The next frame, or null at the end of a finite source. Throws AgentError CAMERA_READ_FAILED. */
  read(): Promise<Frame | null>;
  /** Never throws; harmless when called again. */
  close(): Promise<void>;
}
