import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AgentError } from '../errors.js';

/** The binding's way back: the error is a plain string where native work failed. */
type Callback<T> = (error: Error | string | null, value: T) => void;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Blue, green, red, each 0 to 255. */
export interface Colour {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface DrawOptions {
  color: Colour;
  /** Pixels; -1 fills. */
  thickness?: number;
  lineType?: number;
  /** Fractional bits of the coordinates. */
  shift?: number;
}

/** A picture in native memory. */
export interface Mat {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  readonly type: number;
  readonly empty: 0 | 1;
  /** A packed copy of the pixels. */
  getData(): Buffer;
  copy(): Mat;
  /** Both sides times `factor`. */
  rescale(factor: number): Mat;
  drawLine(from: Point, to: Point, options: DrawOptions): void;
  drawCircle(centre: Point, radius: number, options: DrawOptions): void;
  drawRectangle(corner: Point, opposite: Point, options: DrawOptions): void;
  putText(text: string, origin: Point, font: number, scale: number, options: DrawOptions): void;
  addWeighted(alpha: number, other: Mat, beta: number, gamma: number): Mat;
  /** Frees the pixels now instead of at garbage collection. */
  release(): void;
}

export interface VideoWriter {
  writeAsync(picture: Mat, done: Callback<boolean>): void;
  release(): void;
}

/** What the agent uses of OpenCV. */
export interface Opencv {
  readonly Mat: new (data: Uint8Array, rows: number, cols: number, type: number) => Mat;
  readonly Point2: new (x: number, y: number) => Point;
  readonly Vec3: new (x: number, y: number, z: number) => Colour;
  readonly Size: new (width: number, height: number) => { readonly width: number; readonly height: number };
  readonly VideoWriter: {
    new (path: string, fourcc: number, fps: number, size: unknown, isColor: boolean): VideoWriter;
    fourcc(code: string): number;
  };
  imdecodeAsync(data: Uint8Array, flags: number, done: Callback<Mat>): void;
  imreadAsync(path: string, flags: number, done: Callback<Mat>): void;
  imwriteAsync(path: string, picture: Mat, done: Callback<unknown>): void;
  imencodeAsync(extension: string, picture: Mat, done: Callback<Buffer>): void;
  imencodeAsync(extension: string, picture: Mat, parameters: number[], done: Callback<Buffer>): void;
  getTextSize(
    text: string,
    font: number,
    scale: number,
    thickness: number,
  ): {
    size: { width: number; height: number };
    baseLine: number;
  };
  readonly version: { readonly major: number; readonly minor: number; readonly revision: number };
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly IMREAD_COLOR: number;
  readonly IMWRITE_JPEG_QUALITY: number;
  readonly LINE_AA: number;
  readonly FONT_HERSHEY_SIMPLEX: number;
}

/**
 * What OpenCV reads from the environment when it is loaded or first used; a value that the user set stays.
 * OpenCV and FFmpeg would print stream addresses, passwords included, when an open fails: both are silenced.
 */
const libraryEnvironment = {
  OPENCV_LOG_LEVEL: 'SILENT',
  OPENCV_FFMPEG_LOGLEVEL: '-8',
  // Pixels of the largest picture that is decoded, 8192 x 8192: a header with a flipped bit may claim gigabytes, which
  // OpenCV's own limit, a thousand million, allows.
  OPENCV_IO_MAX_IMAGE_PIXELS: String(2 ** 26),
  // The binding would tell V8 of every picture that is freed, also of those that the collector finds while a process
  // ends, when there is nobody to tell: a crash at the end of one process in ten. Pictures are freed by hand here.
  OPENCV4NODEJS_DISABLE_EXTERNAL_MEM_TRACKING: '1',
} as const;

let loaded: Opencv | undefined;

/**
 * OpenCV's binding, loaded at the first call. The package's own entry point prints to stdout and takes at least twice
 * as long, for modules that are not compiled in, so its native file is loaded directly.
 * Throws AgentError OPENCV_NOT_BUILT.
 */
export function loadOpencv(): Opencv {
  if (loaded !== undefined) return loaded;
  for (const [name, value] of Object.entries(libraryEnvironment)) process.env[name] ??= value;
  const require = createRequire(import.meta.url);
  const binding = opencvBindingPath();
  try {
    loaded = require(binding) as Opencv;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AgentError('OPENCV_NOT_BUILT', `OpenCV's binding ${binding} does not load: ${reason}`, {
      cause,
    });
  }
  for (const name of ['VideoWriter', 'imdecodeAsync', 'imreadAsync', 'getTextSize'] as const) {
    if (typeof loaded[name] !== 'function') {
      loaded = undefined;
      throw new AgentError(
        'OPENCV_NOT_BUILT',
        `OpenCV's binding ${binding} lacks ${name}: it was built without the modules videoio, imgcodecs, imgproc and highgui`,
      );
    }
  }
  return loaded;
}

/** Where the binding's native file is. Throws AgentError OPENCV_NOT_BUILT. */
export function opencvBindingPath(): string {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve('opencv4nodejs');
  } catch (cause) {
    throw new AgentError('OPENCV_NOT_BUILT', 'The package opencv4nodejs is not installed', { cause });
  }
  const binding = join(dirname(entry), '../../build/Release/opencv4nodejs.node');
  if (!existsSync(binding)) {
    throw new AgentError('OPENCV_NOT_BUILT', `OpenCV's binding is not built: ${binding} does not exist`);
  }
  return binding;
}

/** One asynchronous call of the binding as a promise; the work itself runs on libuv's thread pool. */
export function nativeCall<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null) resolve(value);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/** Encoded pictures under decoding: the binding reads their bytes on another thread and holds no reference. */
const beingDecoded = new Set<Uint8Array>();

/** A JPEG, PNG or other encoded picture as BGR, or null where its bytes are no picture. */
export async function decodePicture(encoded: Uint8Array): Promise<Mat | null> {
  const cv = loadOpencv();
  beingDecoded.add(encoded);
  try {
    const mat = await nativeCall<Mat>((done) => cv.imdecodeAsync(encoded, cv.IMREAD_COLOR, done));
    if (!mat.empty) return mat;
    mat.release();
    return null;
  } catch {
    return null;
  } finally {
    beingDecoded.delete(encoded);
  }
}
