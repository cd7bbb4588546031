import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readNumber, writeNumberedClip } from './numbered-picture.js';

const run = promisify(execFile);

/** Runs FFmpeg with these arguments. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-loglevel', 'error', '-nostdin', '-y', ...args]);
}

export interface ClipOptions {
  readonly frames: number;
  readonly fps: number;
  /** FFmpeg's arguments that say how it is encoded. */
  readonly encoder: readonly string[];
  /** In pixels; that of numberedPicture() where left out. */
  readonly size?: readonly [width: number, height: number];
  /** Further filters of FFmpeg, for example of the times. */
  readonly filters?: readonly string[];
}

/** Writes a clip whose frame i carries the number i, encoded by FFmpeg. */
export async function writeEncodedClip(path: string, options: ClipOptions): Promise<void> {
  const { frames, fps, encoder, size, filters = [] } = options;
  const plain = join(dirname(path), `plain-${frames}.mp4`);
  if (!existsSync(plain)) await writeNumberedClip(plain, frames, 25);
  const scale = size === undefined ? [] : [`scale=${size[0]}:${size[1]}:flags=neighbor`];
  const filter = [...scale, ...filters];
  const filtering = filter.length === 0 ? [] : ['-vf', filter.join(',')];
  await ffmpeg('-r', `${fps}`, '-i', plain, '-an', ...filtering, ...encoder, path);
}

/** Arguments for H.264 as most cameras send it. */
export const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p'] as const;

export interface SeenFrame {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Capture time on performance.now()'s clock. */
  readonly capturedMs: number;
  readonly readMs: number;
}

/** What of a frame the tests look at. */
export function seen(frame: {
  pixels(): Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly capturedMonotonic: number;
}): SeenFrame {
  const { width, height, capturedMonotonic } = frame;
  const number = readNumber({ pixels: frame.pixels(), width, height });
  return { number, width, height, capturedMs: capturedMonotonic, readMs: performance.now() };
}
