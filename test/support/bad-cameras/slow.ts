import { type BadCamera, startCamera } from './bad-camera.js';
import { clipAsJpegs } from './clip.js';
import { flatStream } from './h264.js';
import { multipart, multipartType } from './http-camera.js';

/** Such cameras are sold: they watch gauges and building sites. */
const intervalMs = 10_000;

export const slowHttp: BadCamera = {
  name: 'one frame in 10 s over HTTP',
  async start(t) {
    const chunks = (await clipAsJpegs({ fps: 1, seconds: 2, width: 320 })).map(multipart);
    return startCamera(t, { kind: 'http', contentType: multipartType, chunks, intervalMs });
  },
};

export const slowRtsp: BadCamera = {
  name: 'one frame in 10 s over RTSP',
  start: (t) => {
    const stream = flatStream({ width: 320, height: 240, pictures: 1 });
    return startCamera(t, { kind: 'rtsp', stream, intervalMs });
  },
};
