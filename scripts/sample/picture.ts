import type { Backdrop } from './backdrop.js';
import type { LightAt } from './light.js';
import { randomSequence } from './random.js';

/** Steps of the table from linear light to the coded byte. */
const CODES = 4096;
/** Standard deviation of the sensor's noise, of 255. */
const NOISE = 1.1;
const NOISE_LENGTH = 1 << 16;
const EXPOSURE = 1.05;

/** The frame being painted: linear light, three numbers a pixel, and at the end bytes. */
export class Picture {
  private readonly width: number;
  private readonly empty: Float32Array;
  private readonly light: Float32Array;
  /** The light of this frame's room, shadows included. */
  private readonly room: Float32Array;
  private readonly bytes: Uint8Array;
  private readonly codes: Float32Array;
  private readonly noise: Float32Array;

  constructor(empty: Float32Array, options: { readonly width: number; readonly seed: number }) {
    this.width = options.width;
    this.empty = empty;
    this.light = Float32Array.from(empty);
    this.room = Float32Array.from(empty);
    this.bytes = new Uint8Array(empty.length);
    this.codes = codeTable();
    this.noise = noiseTable(options.seed);
  }

  /** Back to the empty room. */
  restore(): void {
    this.light.set(this.empty);
  }

  /** Takes light from a pixel of the room. */
  dim(pixel: number, { colour, keyPart }: Backdrop, left: LightAt): void {
    for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
      const key = keyPart[at] as number;
      const whole = colour[at] as number;
      const dimmed = key * left.key + (whole - key) * left.ambient;
      this.light[at] = ((this.light[at] as number) * dimmed) / Math.max(1e-6, whole);
    }
  }

  /** After this the room with its shadows is done, and bodies may be put over it. */
  roomIsDone(): void {
    this.room.set(this.light);
  }

  /**
   * Puts a body over part of a pixel: `sum` is its light times `weight`, the part of the pixel that it fills. Parts of
   * several bodies do not overlap, so each takes the place of the room alone.
   */
  cover(pixel: number, sum: Float64Array, weight: number): void {
    for (let channel = 0; channel < 3; channel++) {
      const at = pixel * 3 + channel;
      this.light[at] =
        (this.light[at] as number) + (sum[channel] as number) - weight * (this.room[at] as number);
    }
  }

  /** The frame as RGB bytes, with the noise that belongs to frame `index`. */
  finish(index: number): Uint8Array {
    const { light, bytes, codes, noise, width } = this;
    const rowLength = width * 3;
    const mask = NOISE_LENGTH - 1;
    for (let row = 0, at = 0; at < light.length; row++) {
      let grain = Math.imul(row * 977 + index * 7919, 0x9e3779b1) >>> 8;
      for (const end = at + rowLength; at < end; at++) {
        const code = Math.min(CODES - 1, (light[at] as number) * EXPOSURE * CODES) | 0;
        const value = (codes[code] as number) + (noise[grain++ & mask] as number);
        bytes[at] = Math.min(255, Math.max(0, value));
      }
    }
    return bytes;
  }
}

/** sRGB's gamma with a soft shoulder for bright light, then + 0.5 so that cutting off rounds. */
function codeTable(): Float32Array {
  return Float32Array.from({ length: CODES }, (_, index) => {
    const light = (index + 0.5) / CODES;
    const coded = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
    const shoulder = coded < 0.8 ? coded : 0.8 + 0.17 * Math.tanh((coded - 0.8) / 0.17);
    return shoulder * 255 + 0.5;
  });
}

/** Normal noise: the sum of twelve even ones. */
function noiseTable(seed: number): Float32Array {
  const random = randomSequence(seed);
  return Float32Array.from({ length: NOISE_LENGTH }, () => {
    let sum = -6;
    for (let index = 0; index < 12; index++) sum += random();
    return sum * NOISE;
  });
}
