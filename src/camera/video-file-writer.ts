import { accessSync, constants } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { AgentError } from '../errors.js';
import { loadOpencv, type Mat, nativeCall, type VideoWriter } from './opencv.js';

export interface VideoFileWriterOptions {
  /** Where the video goes; its extension is that of its container: .mp4, .mov, .mkv or .avi. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** What is tried, best first. H.264 plays everywhere, but not every FFmpeg can write it; MPEG-4 every one can. */
const codecs: Readonly<Record<string, readonly string[]>> = {
  '.mp4': ['avc1', 'mp4v'],
  '.mov': ['avc1', 'mp4v'],
  '.mkv': ['H264', 'MP4V'],
  '.avi': ['MJPG'],
};

/** True where the extension is that of a video this can write. */
export function isVideoPath(path: string): boolean {
  return codecs[extname(path).toLowerCase()] !== undefined;
}

/** Writes BGR pictures of one size as a video. The file appears under its name when it is whole. */
export class VideoFileWriter {
  readonly #options: VideoFileWriterOptions;
  readonly #path: string;
  readonly #partial: string;
  #writer: VideoWriter | undefined;
  #codec: string | undefined;

  constructor(options: VideoFileWriterOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
    const extension = extname(this.#path);
    this.#partial = join(dirname(this.#path), `.${process.pid}.partial${extension}`);
  }

  /** The fourcc of the codec that is written, once open. */
  get codec(): string | undefined {
    return this.#codec;
  }

  /** Throws AgentError OUTPUT_UNWRITABLE. */
  async open(): Promise<void> {
    const candidates = codecs[extname(this.#path).toLowerCase()];
    if (candidates === undefined) {
      const expected = Object.keys(codecs).join(', ');
      throw unwritable(this.#path, `a video ends in one of ${expected}, found "${extname(this.#path)}"`);
    }
    const folder = dirname(this.#path);
    try {
      accessSync(folder, constants.W_OK);
    } catch (cause) {
      throw unwritable(this.#path, `its folder is not writable (${(cause as NodeJS.ErrnoException).code})`, {
        cause,
      });
    }
    const { width, height, fps } = this.#options;
    for (const codec of candidates) {
      if (!(await this.#works(codec))) continue;
      this.#writer = this.#openWriter(codec);
      this.#codec = codec;
      return;
    }
    throw unwritable(
      this.#path,
      `OpenCV can write none of ${candidates.join(', ')} at ${width}x${height}, ${fps} fps`,
    );
  }

  /** Tries a codec on one black picture: the binding does not say whether a writer opened. */
  async #works(codec: string): Promise<boolean> {
    const cv = loadOpencv();
    const { width, height } = this.#options;
    const writer = this.#openWriter(codec);
    const black = new cv.Mat(Buffer.alloc(width * height * 3), height, width, cv.CV_8UC3);
    await nativeCall<boolean>((done) => writer.writeAsync(black, done));
    black.release();
    await completeFile(writer);
    const size = await stat(this.#partial).then(
      (entry) => entry.size,
      () => 0,
    );
    await rm(this.#partial, { force: true });
    return size > 0;
  }

  #openWriter(codec: string): VideoWriter {
    const cv = loadOpencv();
    const { width, height, fps } = this.#options;
    return new cv.VideoWriter(
      this.#partial,
      cv.VideoWriter.fourcc(codec),
      fps,
      new cv.Size(width, height),
      true,
    );
  }

  /** Appends a picture. Throws AgentError OUTPUT_UNWRITABLE. */
  async write(picture: Mat): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw unwritable(this.#path, 'it is not open');
    const { width, height } = this.#options;
    if (picture.cols !== width || picture.rows !== height) {
      throw unwritable(
        this.#path,
        `pictures of one video have one size: expected ${width}x${height}, found ${picture.cols}x${picture.rows}`,
      );
    }
    await nativeCall<boolean>((done) => writer.writeAsync(picture, done));
  }

  /** Completes the file and gives it its name. Throws AgentError OUTPUT_UNWRITABLE. */
  async close(): Promise<void> {
    if (this.#writer === undefined) return;
    await completeFile(this.#writer);
    this.#writer = undefined;
    try {
      const { size } = await stat(this.#partial);
      if (size === 0) throw new Error('nothing was written: no space left?');
      await rename(this.#partial, this.#path);
    } catch (cause) {
      await rm(this.#partial, { force: true });
      throw unwritable(this.#path, (cause as Error).message, { cause });
    }
  }

  /** Gives up: nothing is left behind. Never throws. */
  async discard(): Promise<void> {
    if (this.#writer !== undefined) await completeFile(this.#writer);
    this.#writer = undefined;
    await rm(this.#partial, { force: true }).catch(() => {});
  }
}

/** An asynchronous write shares the writer until its callback has returned; only then does a release end the file. */
async function completeFile(writer: VideoWriter): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  writer.release();
}

function unwritable(path: string, reason: string, options?: ErrorOptions): AgentError {
  return new AgentError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${reason}`, options);
}
