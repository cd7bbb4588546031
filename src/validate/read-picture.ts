import { extname } from 'node:path';
import type { Frame } from '../camera/frame-source.js';
import { ImageFolderSource } from '../camera/image-folder-source.js';
import { inspectPath, pictureExtensions } from '../camera/parse-source.js';
import { AgentError } from '../errors.js';

/** One picture, to be released. Throws AgentError CAMERA_OPEN_FAILED, CAMERA_READ_FAILED. */
export async function readPicture(path: string): Promise<Frame> {
  inspectPath(path); // absent, empty or no file
  if (!pictureExtensions.has(extname(path).toLowerCase())) {
    const expected = [...pictureExtensions].join(', ');
    throw new AgentError('CAMERA_READ_FAILED', `${path} is no picture: expected one of ${expected}`);
  }
  const source = new ImageFolderSource({ path, description: path, pace: 'max', loop: false });
  await source.open();
  const frame = await source.read();
  await source.close();
  if (frame === null) throw new AgentError('CAMERA_READ_FAILED', `${path} gives no picture`);
  return frame;
}
