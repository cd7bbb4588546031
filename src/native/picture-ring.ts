import { loadAddon } from './find-native.js';
import type { PictureFormat } from './picture-format.js';

/** A picture in memory that is shared with the process which reads the camera. */
export interface NativePicture {
  slot: number;
  /** Counts the camera's pictures, those that nobody took too. */
  seq: number;
  /** Capture, on the machine's monotonic clock. */
  capturedMs: number;
  /** How far that may be wrong where it is by the camera's own clock, ms; null where that is not known yet. Undefined where
   *  it is when the picture came. */
  clockErrorMs: number | null | undefined;
  /** Left out where nobody knows whether it is a key frame. */
  isKey?: boolean;
  /** Of the camera's frame. */
  width: number;
  height: number;
  /** Pixels of the frame to one that is there, each way; divides width and height. */
  scale: number;
  format: PictureFormat;
  /** Stays as it is until its slot is released. */
  pixels: Uint8Array;
}

/** The reader's end of a ring of pictures (native/capture/picture_ring.h). */
export interface NativePictureRing {
  /** Of its memory, for the process that writes. */
  readonly descriptor: number;
  /** The oldest picture that was not taken yet; null where there is none. */
  take(): NativePicture | null;
  /** Throws a RangeError for a slot that is not taken. */
  release(slot: number): void;
  /** Frees the memory. Throws an Error while anything is taken. */
  close(): void;
}

/**
 * Room for `slots` pictures, 3 to 32, of `slotBytes` at most; what is not used costs nothing. Two are always the writer's.
 * Throws AgentError ENGINE_NOT_BUILT.
 */
export function createPictureRing(slots: number, slotBytes: number): NativePictureRing {
  const { createPictureRing: create } = loadAddon('core') as { createPictureRing: typeof createPictureRing };
  return create(slots, slotBytes);
}
