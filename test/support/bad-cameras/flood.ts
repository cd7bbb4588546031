import { type BadCamera, startCamera } from './bad-camera.js';
import { clipAsJpegs } from './clip.js';
import { multipart, multipartType } from './http-camera.js';

/** Small pictures, 1,000 a second. */
export const flood: BadCamera = {
  name: 'flood of 1,000 fps',
  async start(t) {
    const chunks = (await clipAsJpegs({ fps: 10, seconds: 2, width: 160 })).map(multipart);
    return startCamera(t, { kind: 'http', contentType: multipartType, chunks, intervalMs: 1 });
  },
};
