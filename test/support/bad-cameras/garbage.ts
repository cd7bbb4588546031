import { randomSequence } from '../../../scripts/sample/random.js';
import { type BadCamera, startCamera } from './bad-camera.js';
import { flatStream } from './h264.js';
import { multipart, multipartType } from './http-camera.js';

const intervalMs = 40;

/** Parts that are called JPEG and are none. */
export const garbageHttp: BadCamera = {
  name: 'garbage over HTTP',
  start: (t) => {
    const chunks = noises(4000).map(multipart);
    return startCamera(t, { kind: 'http', contentType: multipartType, chunks, intervalMs });
  },
};

/** Describes a video and sends packets with anything in them. */
export const garbageRtsp: BadCamera = {
  name: 'garbage over RTSP',
  start: (t) => {
    const { parameterSets } = flatStream({ width: 320, height: 240, pictures: 1 });
    const stream = { parameterSets, pictures: noises(1000).map((noise) => [noise]) };
    return startCamera(t, { kind: 'rtsp', stream, intervalMs });
  },
};

/** The same ones at every call. */
function noises(bytes: number): Uint8Array[] {
  const random = randomSequence(2);
  return Array.from({ length: 50 }, () =>
    Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
  );
}
