import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface SampleOptions {
  readonly out: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seconds: number;
  /** undefined: the story of the sample clip. */
  readonly people: number | undefined;
  readonly seed: number;
}

/** The clip that the project ships. */
const DEFAULT_OUT = join(import.meta.dirname, '../../media/sample.mp4');

/** The command line is wrong; the message says where and what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `Usage: make-sample [options]

Renders mannequins in a room, and writes a clip (H.264 in MP4) and the exact truth about it: who is where, 18 keypoints
a person in pixels, and which of them are visible. The same options give the same frames.
Pixels count from the outer corner of the top-left one; visibility is 2 visible, 1 hidden, 0 outside of the picture.

Options:
  --out FILE     the clip; the truth gets the same name, ending in .json   (media/sample.mp4 of the project)
  --size WxH     pixels, both even                                         (960x540)
  --fps N        frames a second                                           (30)
  --seconds S    length                                                    (20)
  --people N     1 to 12 people who walk about; without it, the story of the sample clip: three come and go
  --seed N       other looks, other walks of a crowd, other noise          (1)
  --help         this text

Examples:
  scripts/make-sample
  scripts/make-sample --out /tmp/five.mp4 --size 1280x720 --people 5
  scripts/make-sample --out /tmp/short.mp4 --seconds 3 --seed 7

Needs ffmpeg on the PATH. Exit codes: 0 done, 1 failed, 2 wrong options.
`;

/** Reads the arguments; undefined where help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): SampleOptions | undefined {
  const values = readFlags(args);
  if (values.help === true) return undefined;
  const [width, height] = sizeFrom(values.size ?? '960x540');
  return {
    out: outFrom(values.out ?? DEFAULT_OUT),
    width,
    height,
    fps: numberFrom('--fps', values.fps ?? '30', { low: 1, high: 120, whole: true }),
    seconds: numberFrom('--seconds', values.seconds ?? '20', { low: 0.1, high: 3600, whole: false }),
    people:
      values.people === undefined
        ? undefined
        : numberFrom('--people', values.people, { low: 1, high: 12, whole: true }),
    seed: numberFrom('--seed', values.seed ?? '1', { low: 0, high: 2 ** 32 - 1, whole: true }),
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        size: { type: 'string' },
        fps: { type: 'string' },
        seconds: { type: 'string' },
        people: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function outFrom(value: string): string {
  if (!value.endsWith('.mp4'))
    throw new UsageError(`--out: expected a file name ending in .mp4, found "${value}"`);
  return value;
}

/** yuv420p halves the colour planes, so both sides must be even. */
function sizeFrom(value: string): [number, number] {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(value);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = (side: number): boolean => side >= 32 && side <= 4096 && side % 2 === 0;
  if (!fits(width) || !fits(height)) {
    throw new UsageError(`--size: expected WIDTHxHEIGHT, even numbers from 32 to 4096, found "${value}"`);
  }
  return [width, height];
}

interface NumberRange {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

function numberFrom(flag: string, value: string, { low, high, whole }: NumberRange): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!(number >= low && number <= high) || (whole && !Number.isInteger(number))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw new UsageError(`${flag}: expected ${kind} from ${low} to ${high}, found "${value}"`);
  }
  return number;
}
