import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface EncoderOptions {
  readonly out: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** Frames into an H.264 clip, through the ffmpeg command. */
export class Encoder {
  private readonly options: EncoderOptions;
  private child: ChildProcess | undefined;
  private ended: Promise<Error | undefined> | undefined;

  constructor(options: EncoderOptions) {
    this.options = options;
  }

  /** Starts ffmpeg. Throws where it is not installed. */
  async open(): Promise<void> {
    const child = spawn('ffmpeg', argumentsFor(this.options), { stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-2000);
    });
    // A broken pipe says less than ffmpeg's own words, which the exit brings.
    child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve(startFailure(error)));
      child.once('close', (code) => {
        resolve(code === 0 ? undefined : new Error(`ffmpeg failed with exit code ${code}: ${words.trim()}`));
      });
    });
    this.child = child;
    await Promise.race([once(child, 'spawn'), this.ended]);
    if (child.pid === undefined) throw (await this.ended) ?? new Error('ffmpeg did not start');
  }

  /** Adds a frame: RGB, 8 bits a channel, rows packed. The bytes may be reused after the promise has resolved. */
  async write(pixels: Uint8Array): Promise<void> {
    const stdin = this.child?.stdin;
    if (!stdin || this.ended === undefined) throw new Error('encoder: write before open');
    const written = new Promise<void>((resolve) => stdin.write(pixels, () => resolve()));
    const failure = await Promise.race([written, this.ended]);
    if (failure instanceof Error) throw failure;
    if (stdin.destroyed) throw (await this.ended) ?? new Error('ffmpeg ended before the last frame');
  }

  /** Ends the clip; throws with ffmpeg's words where it failed. */
  async close(): Promise<void> {
    this.child?.stdin?.end();
    const failure = await this.ended;
    if (failure !== undefined) throw failure;
  }
}

function argumentsFor({ out, width, height, fps }: EncoderOptions): string[] {
  return [
    ...['-loglevel', 'error', '-y', '-nostdin'],
    ...[
      '-f',
      'rawvideo',
      '-pixel_format',
      'rgb24',
      '-video_size',
      `${width}x${height}`,
      '-framerate',
      `${fps}`,
    ],
    ...['-i', 'pipe:0'],
    ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    // A fixed thread count and no version stamps: the same frames give the same file.
    ...['-c:v', 'libx264', '-preset', 'slow', '-crf', '21', '-g', `${fps * 2}`, '-threads', '2'],
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-movflags', '+faststart', '-an', out],
  ];
}

function startFailure(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT')
    return new Error(`ffmpeg could not be started: ${error.message}`, { cause: error });
  return new Error(
    'ffmpeg is not on the PATH. Install it (Debian, Ubuntu: sudo apt install ffmpeg) and run again.',
    {
      cause: error,
    },
  );
}
