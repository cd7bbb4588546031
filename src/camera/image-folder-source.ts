import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AgentError } from '../errors.js';
import { FramePacer } from './frame-pacer.js';
import type { Frame, FrameSource, SourceFormat } from './frame-source.js';
import { MatFrame } from './mat-frame.js';
import { loadOpencv, type Mat, nativeCall } from './opencv.js';
import { pictureExtensions } from './parse-source.js';

export interface ImageFolderOptions {
  /** A folder of pictures, or one picture. */
  readonly path: string;
  readonly description: string;
  readonly pace: 'realtime' | 'max';
  readonly loop: boolean;
  /** Pictures a second at pace realtime; 10 by default. */
  readonly fps?: number;
  /** The first frame's number; 0 by default. */
  readonly firstSeq?: number;
}

const defaultFps = 10;

/** Every picture of a folder as one frame, in the order of their names (2 before 10). */
export class ImageFolderSource implements FrameSource {
  readonly description: string;
  readonly finite: boolean;
  format: SourceFormat | null = null;
  readonly #options: ImageFolderOptions;
  readonly #firstSeq: number;
  readonly #closing = new AbortController();
  #paths: string[] = [];
  #pacer: FramePacer | undefined;
  #next = 0;

  constructor(options: ImageFolderOptions) {
    this.#options = options;
    this.description = options.description;
    this.finite = !options.loop;
    this.#firstSeq = options.firstSeq ?? 0;
  }

  async open(): Promise<void> {
    loadOpencv();
    const { path, loop, pace } = this.#options;
    this.#paths = await listPictures(path);
    const fps = this.#options.fps ?? defaultFps;
    if (pace === 'realtime') this.#pacer = new FramePacer(fps);
    const frames = loop ? null : this.#paths.length;
    this.format = { width: null, height: null, fps, frames, encoding: null };
  }

  async read(): Promise<Frame | null> {
    const signal = this.#closing.signal;
    if (signal.aborted || this.#ended(this.#next)) return null;
    let index = this.#next;
    try {
      index = (await this.#pacer?.due(index, signal)) ?? index;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
    // The last picture of a folder played once is shown even to a reader that comes too late for it.
    if (this.#ended(index)) index = this.#paths.length - 1;
    const path = this.#paths[index % this.#paths.length] as string;
    this.#next = index + 1;
    const mat = await readPicture(path);
    const readAt = performance.now();
    if (signal.aborted) {
      mat.release();
      return null;
    }
    return new MatFrame(mat, this.#firstSeq + index, readAt);
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  #ended(index: number): boolean {
    return !this.#options.loop && index >= this.#paths.length;
  }
}

async function listPictures(path: string): Promise<string[]> {
  let names: string[];
  try {
    if ((await stat(path)).isFile()) return [path];
    names = await readdir(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new AgentError('CAMERA_OPEN_FAILED', `${path} ${reason}`, { cause });
  }
  const order = new Intl.Collator('en', { numeric: true });
  const pictures = names
    .filter((name) => pictureExtensions.has(extname(name).toLowerCase()) && !name.startsWith('.'))
    .sort(order.compare);
  if (pictures.length === 0) {
    const expected = [...pictureExtensions].join(', ');
    throw new AgentError(
      'CAMERA_OPEN_FAILED',
      `The folder ${path} has no picture in it: expected files ending in ${expected}, found ${names.length} others`,
    );
  }
  return pictures.map((name) => join(path, name));
}

async function readPicture(path: string): Promise<Mat> {
  const cv = loadOpencv();
  try {
    return await nativeCall<Mat>((done) => cv.imreadAsync(path, cv.IMREAD_COLOR, done));
  } catch (cause) {
    throw new AgentError('CAMERA_READ_FAILED', `${path} is no picture that OpenCV can decode`, { cause });
  }
}
