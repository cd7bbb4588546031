import { loadOpencv, type Mat, nativeCall } from './opencv.js';

/** In this order until the picture is small enough; below the last the picture itself is made smaller. */
const qualities = [85, 70, 50];

/**
 * A BGR picture as JPEG of at most `maxBytes`, at lower quality and then at half the size where it must be.
 * Rejects with OpenCV's own error.
 */
export async function encodeJpeg(picture: Mat, maxBytes: number): Promise<{ jpeg: Buffer; scale: number }> {
  const cv = loadOpencv();
  for (const quality of qualities) {
    const parameters = [cv.IMWRITE_JPEG_QUALITY, quality];
    const jpeg = await nativeCall<Buffer>((done) => cv.imencodeAsync('.jpg', picture, parameters, done));
    if (jpeg.length <= maxBytes || picture.cols < 64) return { jpeg, scale: 1 };
  }
  const half = picture.rescale(0.5);
  try {
    const { jpeg, scale } = await encodeJpeg(half, maxBytes);
    return { jpeg, scale: scale / 2 };
  } finally {
    half.release();
  }
}
