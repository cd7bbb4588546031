import type { Frame } from './frame-source.js';
import { loadOpencv, type Mat } from './opencv.js';

/** A frame whose picture lies in OpenCV's memory, as BGR with 8 bits a channel. */
export class MatFrame implements Frame {
  readonly seq: number;
  readonly capturedAt: number;
  readonly capturedMonotonic: number;
  readonly width: number;
  readonly height: number;
  readonly #mat: Mat;
  #released = false;

  constructor(mat: Mat, seq: number, capturedMonotonic: number) {
    this.#mat = mat;
    this.seq = seq;
    this.capturedMonotonic = capturedMonotonic;
    // Date.now() and not timeOrigin + now(): the wall clock may have been set since the process began.
    this.capturedAt = Date.now() - (performance.now() - capturedMonotonic);
    this.width = mat.cols;
    this.height = mat.rows;
  }

  pixels(): Uint8Array {
    if (this.#released) throw new Error(`frame ${this.seq} was released before its pixels were read`);
    return this.#mat.getData();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#mat.release();
  }
}

/** A copy of the frame's picture to draw on, for the caller to release. */
export function matOf(frame: Frame): Mat {
  return bgrMat(frame.pixels(), frame.width, frame.height);
}

/** A copy of a BGR picture with packed rows, to draw on. */
export function bgrMat(pixels: Uint8Array, width: number, height: number): Mat {
  const cv = loadOpencv();
  return new cv.Mat(pixels, height, width, cv.CV_8UC3);
}
