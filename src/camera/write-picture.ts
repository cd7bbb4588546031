import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { AgentError } from '../errors.js';
import { loadOpencv, type Mat, nativeCall } from './opencv.js';
import { pictureExtensions } from './parse-source.js';

/** Writes a picture in the format of the path's extension. Throws AgentError OUTPUT_UNWRITABLE. */
export async function writePicture(path: string, picture: Mat): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (!pictureExtensions.has(extension)) {
    const expected = [...pictureExtensions].join(', ');
    throw new AgentError(
      'OUTPUT_UNWRITABLE',
      `${path} cannot be written: a picture ends in one of ${expected}, found "${extension}"`,
    );
  }
  const cv = loadOpencv();
  try {
    const encoded = await nativeCall<Buffer>((done) => cv.imencodeAsync(extension, picture, done));
    await writeFile(path, encoded);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new AgentError('OUTPUT_UNWRITABLE', `${path} cannot be written (${reason})`, { cause });
  }
}
