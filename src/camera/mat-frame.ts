import { AgentError } from '../errors.js';
import type { Frame } from './frame-source.js';
import { loadOpencv, type Mat } from './opencv.js';

/** A frame whose picture lies in OpenCV's memory, as BGR with 8 bits a channel. */
export class MatFrame implements Frame {
  readonly seq: number;
  readonly capturedAt: number;
  readonly capturedMonotonic: number;
  readonly width: number;
  readonly height: number;
  readonly mat: Mat;
  #released = false;

  constructor(mat: Mat, seq: number, capturedMonotonic: number) {
    this.mat = mat;
    this.seq = seq;
    this.capturedMonotonic = capturedMonotonic;
    // Date.now() and not timeOrigin + now(): the wall clock may have been set since the process began.
    this.capturedAt = Date.now() - (performance.now() - capturedMonotonic);
    this.width = mat.cols;
    this.height = mat.rows;
  }

  pixels(): Uint8Array {
    if (this.#released) throw new Error(`frame ${this.seq} was released before its pixels were read`);
    return this.mat.getData();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.mat.release();
  }
}

/**
 * The picture as 8-bit BGR: grey and BGRA pictures are converted and freed, others refused with CAMERA_READ_FAILED.
 * `description` says which source gave it.
 */
export function toBgr(mat: Mat, description: string): Mat {
  const cv = loadOpencv();
  const type = mat.type;
  if (type === cv.CV_8UC3) return mat;
  try {
    if (type === cv.CV_8UC1) return mat.cvtColor(cv.COLOR_GRAY2BGR);
    if (type === cv.CV_8UC4) return mat.cvtColor(cv.COLOR_BGRA2BGR);
    throw new AgentError(
      'CAMERA_READ_FAILED',
      `${description} gives pictures of OpenCV type ${type} (${mat.channels} channels); expected 8 bits a channel and 1, 3 or 4 channels`,
    );
  } finally {
    mat.release();
  }
}

/** A picture of the frame to draw on: the frame's own where OpenCV holds it (frees with the frame), else a copy. */
export function matOf(frame: Frame): Mat {
  return frame instanceof MatFrame ? frame.mat : bgrMat(frame.pixels(), frame.width, frame.height);
}

/** A copy of a BGR picture with packed rows, to draw on. */
export function bgrMat(pixels: Uint8Array, width: number, height: number): Mat {
  const cv = loadOpencv();
  return new cv.Mat(pixels, height, width, cv.CV_8UC3);
}
