import { type BadCamera, startCamera } from './bad-camera.js';
import { flatStream } from './h264.js';
import { multipartHead, multipartType } from './http-camera.js';

/** A part without a length and without an end, as fast as it is taken. */
export const endlessPart: BadCamera = {
  name: 'part without an end',
  start: (t) =>
    startCamera(t, {
      kind: 'http',
      contentType: multipartType,
      first: Buffer.from(`${multipartHead}\r\n`),
      chunks: [Buffer.alloc(64 * 1024, 0x5a)],
      intervalMs: 1,
    }),
};

/** Valid and small to send: a decoder has to keep 16 pictures of 96 MiB each. */
export const manyReferences: BadCamera = {
  name: '16 references of 8192x8192',
  start: (t) => {
    const stream = flatStream({ width: 8192, height: 8192, references: 16, pictures: 48 });
    return startCamera(t, { kind: 'rtsp', stream, intervalMs: 200 });
  },
};
