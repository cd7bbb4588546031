import { setTimeout as sleep } from 'node:timers/promises';
import { loadOpencv, nativeCall } from '../../src/camera/opencv.js';
import { numberedHeight, numberedPicture, numberedWidth } from './numbered-picture.js';

/** An MPEG transport stream, for startRtspServer(), whose frame i carries the number i. */
export async function writeTransportStream(
  path: string,
  { frames, fps }: { frames: number; fps: number },
): Promise<void> {
  const cv = loadOpencv();
  const size = new cv.Size(numberedWidth, numberedHeight);
  const writer = new cv.VideoWriter(path, cv.VideoWriter.fourcc('mp4v'), fps, size, true);
  for (let i = 0; i < frames; i++) {
    await nativeCall<boolean>((done) => writer.writeAsync(numberedPicture(i), done));
  }
  await sleep(1);
  writer.release();
}
