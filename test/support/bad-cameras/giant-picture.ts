import { type BadCamera, startCamera } from './bad-camera.js';
import { flatStream } from './h264.js';
import { multipart, multipartType } from './http-camera.js';

const side = 16_384;
const intervalMs = 500;

/** 512 KiB that would become 768 MiB of pixels, and 512 MiB of coefficients on the way. */
export const giantJpeg = jpegCamera(side);

/** As many pixels as the agent takes: 192 MiB. */
export const largeJpeg = jpegCamera(8192);

function jpegCamera(side: number): BadCamera {
  return {
    name: `${side}x${side} JPEG`,
    start: (t) => {
      const chunks = [multipart(greyJpeg(side, side))];
      return startCamera(t, { kind: 'http', contentType: multipartType, chunks, intervalMs });
    },
  };
}

/** The height is what FFmpeg just takes of H.264 that wide; each picture is valid, and 384 MiB of it are its planes. */
export const giantH264: BadCamera = {
  name: '16384x16128 H.264',
  start: (t) => {
    const stream = flatStream({ width: side, height: 16_128, pictures: 4 });
    return startCamera(t, { kind: 'rtsp', stream, intervalMs });
  },
};

/** A valid progressive JPEG (ISO/IEC 10918-1) of one grey: a bit for each 8x8 block, which says that it is like the last. */
function greyJpeg(width: number, height: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(height, 0);
  size.writeUInt16BE(width, 2);
  const onlyCode = [1, ...Array<number>(15).fill(0)];
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]), // a quantisation table
    segment(0xc2, [8, ...size, 1, 1, 0x11, 0]), // a frame with one component
    segment(0xc4, [0, ...onlyCode, 0]), // a Huffman table: 0 stands for no difference
    segment(0xda, [1, 1, 0, 0, 0, 0]), // a scan of the blocks' means alone
    Buffer.alloc(Math.ceil(((width / 8) * (height / 8)) / 8)),
    Buffer.of(0xff, 0xd9),
  ]);
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content]);
}
