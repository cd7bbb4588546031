import { loadAddon } from './find-native.js';

/**
 * How a picture's bytes are laid out, 8 bits a sample, rows packed. `bgr`: `width * height * 3` bytes. `i420-…`: a plane of Y, then
 * U and V of half the width and height, rounded up; the matrix of their colours, and `full` where levels use all of 0 to 255.
 */
export type PictureFormat = 'bgr' | 'i420-bt601' | 'i420-bt601-full' | 'i420-bt709' | 'i420-bt709-full';

export function pictureBytes(format: PictureFormat, width: number, height: number): number {
  if (format === 'bgr') return width * height * 3;
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** A copy as BGR. Throws AgentError ENGINE_NOT_BUILT, a RangeError where the size is another. */
export function convertToBgr(
  pixels: Uint8Array,
  width: number,
  height: number,
  format: PictureFormat,
): Uint8Array {
  const core = loadAddon('core') as { convertToBgr: typeof convertToBgr };
  return core.convertToBgr(pixels, width, height, format);
}
