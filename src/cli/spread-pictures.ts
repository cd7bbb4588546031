import { createFrameSource } from '../camera/create-frame-source.js';
import { isRecorded, parseSource } from '../camera/parse-source.js';
import { AgentError } from '../errors.js';
import type { Picture } from '../models/convert/run-converter.js';

/**
 * `count` pictures of a clip or folder, spread over all of it. It is opened before this returns, so that a wrong path is
 * told at once. Throws AgentError CAMERA_SOURCE_INVALID, CAMERA_OPEN_FAILED, OPENCV_NOT_BUILT; reading CAMERA_READ_FAILED.
 */
export async function spreadPictures(text: string, count: number): Promise<AsyncIterable<Picture>> {
  const spec = parseSource(text);
  if (!isRecorded(spec)) {
    throw new AgentError(
      'CAMERA_SOURCE_INVALID',
      `${text}: expected a clip, a picture or a folder of pictures`,
    );
  }
  const source = createFrameSource(spec, { pace: 'max', loop: false });
  await source.open();
  const every = Math.max(1, Math.floor((source.format?.frames ?? count) / count));
  async function* pictures(): AsyncGenerator<Picture> {
    try {
      for (let frames = 0, taken = 0; taken < count; frames++) {
        const frame = await source.read();
        if (frame === null) return;
        // From the middle of each part: a clip may begin with an empty room.
        if (frames % every === every >> 1) {
          taken++;
          yield { width: frame.width, height: frame.height, pixels: frame.pixels() };
        }
        frame.release();
      }
    } finally {
      await source.close();
    }
  }
  return pictures();
}
