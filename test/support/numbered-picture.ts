import { loadOpencv, type Mat } from '../../src/camera/opencv.js';
import { VideoFileWriter } from '../../src/camera/video-file-writer.js';

export const numberedWidth = 256;
export const numberedHeight = 64;
const bits = 16;

/** A picture that carries a number as black and white bars, coarse enough to survive any lossy codec. */
export function numberedPicture(number: number, width = numberedWidth, height = numberedHeight): Mat {
  const cv = loadOpencv();
  const pixels = Buffer.alloc(width * height * 3);
  for (let x = 0; x < width; x++) {
    const bit = Math.floor((x * bits) / width);
    if (((number >> bit) & 1) === 0) continue;
    for (let y = 0; y < height; y++) pixels.fill(255, (y * width + x) * 3, (y * width + x) * 3 + 3);
  }
  return new cv.Mat(pixels, height, width, cv.CV_8UC3);
}

/** The number that numberedPicture() drew. */
export function readNumber({
  pixels,
  width,
  height,
}: {
  pixels: Uint8Array;
  width: number;
  height: number;
}): number {
  let number = 0;
  for (let bit = 0; bit < bits; bit++) {
    const x = Math.floor(((bit + 0.5) * width) / bits);
    const at = (Math.floor(height / 2) * width + x) * 3;
    if ((pixels[at] as number) > 127) number |= 1 << bit;
  }
  return number;
}

/** A clip whose frame i carries the number i. */
export async function writeNumberedClip(path: string, frames: number, fps: number): Promise<void> {
  const writer = new VideoFileWriter({ path, width: numberedWidth, height: numberedHeight, fps });
  await writer.open();
  for (let i = 0; i < frames; i++) {
    const picture = numberedPicture(i);
    await writer.write(picture);
    picture.release();
  }
  await writer.close();
}
