import { loadAddon } from './find-native.js';
import type { PictureFormat } from './picture-format.js';

/** Parts of pictures that are blacked out (native/core/include/pose/picture_masks.h). */
export interface NativePictureMasks {
  /** In place; `format` is BGR where left out. Throws a RangeError where the size is another. */
  blacken(pixels: Uint8Array, width: number, height: number, format?: PictureFormat): void;
}

/**
 * Masks of polygons, at most 32 of 3 to 64 corners [x, y] each, as parts of the picture's width and height from 0 to 1.
 * Throws a TypeError or RangeError for others, AgentError ENGINE_NOT_BUILT.
 */
export function createPictureMasks(
  polygons: readonly (readonly (readonly number[])[])[],
): NativePictureMasks {
  const core = loadAddon('core') as { createPictureMasks: typeof createPictureMasks };
  return core.createPictureMasks(polygons);
}
