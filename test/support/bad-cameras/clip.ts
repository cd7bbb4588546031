import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { H264Stream } from './h264.js';

const sample = resolve(import.meta.dirname, '../../../media/sample.mp4');
const maxBytes = 64 * 2 ** 20;

export interface ClipOptions {
  readonly fps: number;
  readonly seconds: number;
  /** The height follows. */
  readonly width: number;
}

/** The bundled clip's beginning as JPEGs. */
export async function clipAsJpegs(options: ClipOptions): Promise<Uint8Array[]> {
  const bytes = await ffmpeg(options, ['-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe']);
  return cutBefore(bytes, Buffer.of(0xff, 0xd8, 0xff));
}

/** The bundled clip's beginning as H.264 of one slice a picture, without B-frames and with a key frame a second. */
export async function clipAsH264(options: ClipOptions): Promise<H264Stream> {
  return asH264Stream(await ffmpeg(options, [...h264(options), '-f', 'h264']));
}

/** A file of H.264 whose every picture stands behind a delimiter. */
export function asH264Stream(bytes: Buffer): H264Stream {
  const units = cutBefore(bytes, startCode).map(withoutStartCode);
  const ofType = (...types: readonly number[]) => units.filter((unit) => types.includes(typeOf(unit)));
  const pictures: Uint8Array[][] = [];
  for (const unit of units) {
    if (typeOf(unit) === unitTypes.delimiter) pictures.push([]);
    else pictures.at(-1)?.push(unit);
  }
  return { parameterSets: ofType(unitTypes.sequenceSet, unitTypes.pictureSet).slice(0, 2), pictures };
}

/** The same stream as an MPEG transport stream: key frames are whole, and FFmpeg's noise filter damages all others. */
export function clipAsDamagedTransportStream(options: ClipOptions): Promise<Buffer> {
  return ffmpeg(options, [...h264(options), '-bsf:v', 'noise=amount=if(key\\,0\\,40)', '-f', 'mpegts']);
}

export const unitTypes = { slice: 1, keySlice: 5, sequenceSet: 7, pictureSet: 8, delimiter: 9 };

export function typeOf(unit: Uint8Array): number {
  return (unit[0] as number) & 0x1f;
}

const startCode = Buffer.of(0, 0, 1);

/** A start code may have a zero more, which then ends the unit before it. */
function withoutStartCode(unit: Uint8Array): Uint8Array {
  const end = unit.at(-1) === 0 ? unit.length - 1 : unit.length;
  return unit.subarray(startCode.length, end);
}

function h264({ fps }: ClipOptions): string[] {
  const quick = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'];
  // Each picture behind a delimiter, so that nothing has to be read to tell them apart.
  return ['-c:v', 'libx264', ...quick, '-g', `${fps}`, '-x264-params', 'aud=1:slices=1:sliced-threads=0'];
}

async function ffmpeg({ fps, seconds, width }: ClipOptions, output: readonly string[]): Promise<Buffer> {
  const filters = `fps=${fps},scale=${width}:-2`;
  const args = ['-loglevel', 'error', '-nostdin', '-i', sample, '-t', `${seconds}`, '-vf', filters, '-an'];
  const run = promisify(execFile);
  const { stdout } = await run('ffmpeg', [...args, ...output, 'pipe:1'], {
    encoding: 'buffer',
    maxBuffer: maxBytes,
  });
  return stdout;
}

function cutBefore(bytes: Buffer, mark: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = bytes.indexOf(mark); at !== -1; ) {
    const next = bytes.indexOf(mark, at + mark.length);
    parts.push(bytes.subarray(at, next === -1 ? bytes.length : next));
    at = next;
  }
  return parts;
}
