import { loadOpencv, type Mat, nativeCall } from './opencv.js';

/** A BGR picture as JPEG. Rejects with OpenCV's own error. */
export function encodeJpeg(picture: Mat): Promise<Buffer> {
  const cv = loadOpencv();
  return nativeCall<Buffer>((done) => cv.imencodeAsync('.jpg', picture, done));
}
