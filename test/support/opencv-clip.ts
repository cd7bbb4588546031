import { loadOpencv, type Mat } from '../../src/camera/opencv.js';

/** What the binding has beside what the agent uses of it. */
interface VideoCapture {
  /** Empty at the end. */
  read(): Mat;
  release(): void;
}

export interface OpencvPicture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The pictures of a clip as OpenCV decodes them. References that were computed with it are of these very pictures: the agent's own
 * differ by up to three levels, because libswscale cuts off where the agent rounds.
 */
export function* opencvClip(path: string): Generator<OpencvPicture, undefined> {
  const { VideoCapture } = loadOpencv() as unknown as {
    VideoCapture: new (path: string) => VideoCapture;
  };
  const capture = new VideoCapture(path);
  try {
    for (let mat = capture.read(); !mat.empty; mat = capture.read()) {
      const picture = { pixels: mat.getData(), width: mat.cols, height: mat.rows };
      mat.release();
      yield picture;
    }
  } finally {
    capture.release();
  }
}
