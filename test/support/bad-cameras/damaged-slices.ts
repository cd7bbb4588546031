import { randomSequence } from '../../../scripts/sample/random.js';
import { type BadCamera, startCamera } from './bad-camera.js';
import { clipAsDamagedTransportStream, clipAsH264, typeOf, unitTypes } from './clip.js';
import type { H264Stream } from './h264.js';

const fps = 15;
const clip = { fps, seconds: 4, width: 320 };
/** One byte of so many is another. */
const damagedOneIn = 40;

/** Its parameter sets are whole, so that decoders begin; every slice, its head included, makes them fail. */
export const damagedRtsp: BadCamera = {
  name: 'damaged H.264 over RTSP',
  async start(t) {
    const stream = damaged(await clipAsH264(clip));
    return startCamera(t, { kind: 'rtsp', stream, intervalMs: 1000 / fps });
  },
};

function damaged({ parameterSets, pictures }: H264Stream): H264Stream {
  const random = randomSequence(1);
  const byte = (value: number): number => (random() < 1 / damagedOneIn ? Math.floor(random() * 256) : value);
  const isSlice = (unit: Uint8Array): boolean => [unitTypes.slice, unitTypes.keySlice].includes(typeOf(unit));
  // The first byte says what it is: a decoder must take it for a slice.
  const unit = (whole: Uint8Array): Uint8Array =>
    isSlice(whole) ? whole.map((value, at) => (at === 0 ? value : byte(value))) : whole;
  return { parameterSets, pictures: pictures.map((units) => units.map(unit)) };
}

/** No MJPEG, so that FFmpeg reads it from HTTP itself. */
export const damagedHttp: BadCamera = {
  name: 'damaged transport stream over HTTP',
  async start(t) {
    const bytes = await clipAsDamagedTransportStream(clip);
    const pictures = fps * clip.seconds;
    const size = Math.ceil(bytes.length / pictures);
    const chunks = Array.from({ length: pictures }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
    return startCamera(t, { kind: 'http', contentType: 'video/mp2t', chunks, intervalMs: 1000 / fps });
  },
};
