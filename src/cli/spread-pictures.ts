import { createFrameSource } from '../camera/create-frame-source.js';
import type { FrameSource } from '../camera/frame-source.js';
import { isRecorded, parseSource, type SourceSpec } from '../camera/parse-source.js';
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
  const known = await countFrames(spec);
  const every = Math.max(1, Math.floor((known ?? count) / count));
  async function* pictures(): AsyncGenerator<Picture> {
    const source = sourceOf(spec);
    try {
      await source.open();
      for (let frames = 0, taken = 0; taken < count; frames++) {
        const frame = await source.read();
        if (frame === null) return;
        let picture: Picture | undefined;
        // From the middle of each part: a clip may begin with an empty room.
        if (frames % every === every >> 1) {
          taken++;
          picture = { width: frame.width, height: frame.height, pixels: frame.pixels() };
        }
        frame.release();
        if (picture !== undefined) yield picture;
      }
    } finally {
      await source.close();
    }
  }
  return pictures();
}

const sourceOf = (spec: SourceSpec): FrameSource => createFrameSource(spec, { pace: 'max', loop: false });

/** Closes it again: whether its pictures are ever asked for is not known. */
async function countFrames(spec: SourceSpec): Promise<number | null> {
  const source = sourceOf(spec);
  try {
    await source.open();
    return source.format?.frames ?? null;
  } finally {
    await source.close();
  }
}
