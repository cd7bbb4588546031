import type { CoreBinding } from './binding.js';
import { loadCore } from './load-addon.js';

/** Called for every frame: looking for the file each time would cost more than the call. */
let core: CoreBinding | undefined;

/**
 * Frees a picture's memory now instead of at the next garbage collection: a camera fills a megabyte thirty times a
 * second, and the collector, which sees only small objects, lets tens of them lie. The picture is empty afterwards.
 */
export function freePixels(pixels: Uint8Array): void {
  core ??= loadCore();
  core.freeBuffer(pixels);
}
