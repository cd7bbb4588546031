import { isDeepStrictEqual } from 'node:util';
import type { EnoughPixels } from '../camera/frame-source.js';
import type { CameraPictureConfig } from '../config/schema.js';
import type { NativeInput, NativePictureView } from '../engine/binding.js';
import type { OpenSessionOptions } from '../engine/session.js';
import type { PictureFormat } from '../native/picture-format.js';
import { createPictureMasks, type NativePictureMasks } from '../native/picture-masks.js';

/** Pixels for each of the network's, each way. With just as many, small people blur and are not found any more. */
const oversampling = 2;
/** Of a pixel: what a product of two parts may be off without a further pixel being meant. */
const roundingSlack = 1e-6;

/** The input of a network that looks at the whole picture, not at people who are cut out of it. */
export type WholePictureInput = Pick<NativeInput, 'width' | 'height' | 'resize'>;

/** That of a model; undefined where it cuts people out of the picture, whose every pixel is then of use. */
export function wholePictureInput(model: OpenSessionOptions): WholePictureInput | undefined {
  if ('detector' in model) return undefined;
  const { width, height, resize } = model.input;
  return { width, height, resize };
}

/** What is done with a camera's pictures before they are looked at: masks → roi → rotate → flip. */
export class CameraPicture {
  readonly #config: CameraPictureConfig;
  readonly #masks: NativePictureMasks | undefined;

  /** Throws where the configuration is not one that the schema takes. */
  constructor(config: CameraPictureConfig) {
    this.#config = config;
    if (config.masks.length > 0) this.#masks = createPictureMasks(config.masks);
  }

  /** Blackens the masks in place. */
  blacken(pixels: Uint8Array, width: number, height: number, format: PictureFormat = 'bgr'): void {
    this.#masks?.blacken(pixels, width, height, format);
  }

  /** What networks see of a picture of that size: every pixel that the roi touches; undefined for all of it, as it is. */
  view(width: number, height: number): NativePictureView | undefined {
    const { rotate, flip, roi } = this.#config;
    if (rotate === 0 && flip === 'none' && roi === undefined) return undefined;
    const across = pixelsOf(roi?.x ?? 0, roi?.width ?? 1, width);
    const down = pixelsOf(roi?.y ?? 0, roi?.height ?? 1, height);
    return {
      left: across.first,
      top: down.first,
      width: across.count,
      height: down.count,
      rotate,
      flip,
    };
  }

  /** How many pixels of the whole frame are of use to a network of that input. */
  enough({ width, height, resize }: WholePictureInput): EnoughPixels {
    const { rotate, roi } = this.#config;
    const [across, down] = rotate % 180 === 0 ? [width, height] : [height, width];
    return {
      across: Math.ceil((oversampling * across) / (roi?.width ?? 1)),
      down: Math.ceil((oversampling * down) / (roi?.height ?? 1)),
      both: resize === 'stretch',
    };
  }

  /** Whether networks see the same place of the camera's frame at the same place of their picture. */
  isSeenAs({ rotate, flip, roi }: CameraPictureConfig): boolean {
    const now = this.#config;
    return rotate === now.rotate && flip === now.flip && isDeepStrictEqual(roi, now.roi);
  }
}

function pixelsOf(start: number, length: number, size: number): { first: number; count: number } {
  const first = Math.min(Math.floor(start * size + roundingSlack), size - 1);
  const end = Math.min(Math.ceil((start + length) * size - roundingSlack), size);
  return { first, count: Math.max(end - first, 1) };
}
