import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { VideoFileWriter } from '../../src/camera/video-file-writer.js';
import { startHttpCamera } from '../support/http-camera-thread.js';
import { numberedHeight, numberedPicture, numberedWidth } from '../support/numbered-picture.js';

/** The matrices (ISO/IEC 14496-12, 8.3.2) that turn a picture clockwise when it is shown. */
const matrices: Readonly<Record<number, readonly number[]>> = {
  0: [1, 0, 0, 1],
  90: [0, 1, -1, 0],
  180: [-1, 0, 0, -1],
  270: [0, -1, 1, 0],
};

/** A clip whose pictures are bright at their left edge alone. */
async function writeLeftBrightClip(path: string): Promise<void> {
  const writer = new VideoFileWriter({ path, width: numberedWidth, height: numberedHeight, fps: 25 });
  await writer.open();
  const picture = numberedPicture(1);
  for (let i = 0; i < 5; i++) await writer.write(picture);
  picture.release();
  await writer.close();
}

/** The same MP4 with another matrix in the head of its track. */
function turned(clip: Buffer, degrees: number): Buffer {
  const copy = Buffer.from(clip);
  const [a = 0, b = 0, c = 0, d = 0] = matrices[degrees] ?? [];
  const at = copy.indexOf('tkhd') + 4 + 40;
  for (const [i, value] of [a, b, 0, c, d, 0].entries()) copy.writeInt32BE(value * 0x10000, at + 4 * i);
  return copy;
}

/** Above, right, below, left. */
const brightEdges: Readonly<Record<number, readonly boolean[]>> = {
  0: [false, false, false, true],
  90: [true, false, false, false],
  180: [false, true, false, false],
  270: [false, false, true, false],
};

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

async function firstPicture(source: string): Promise<Picture> {
  const frames = createFrameSource(parseSource(source), { pace: 'max' });
  try {
    await frames.open();
    const frame = await frames.read();
    if (frame === null) throw new Error('no frame');
    const { width, height } = frame;
    const pixels = Uint8Array.from(frame.pixels());
    frame.release();
    return { width, height, pixels };
  } finally {
    await frames.close();
  }
}

function meanDifference(one: Picture, other: Picture): number {
  let sum = 0;
  for (const [i, value] of one.pixels.entries()) sum += Math.abs(value - (other.pixels[i] ?? 0));
  return sum / one.pixels.length;
}

/** Whether the picture is bright at a place, in hundredths of width and height. */
function isBright({ width, height, pixels }: Picture, x: number, y: number): boolean {
  return (pixels[(Math.floor((y * height) / 100) * width + Math.floor((x * width) / 100)) * 3] ?? 0) > 127;
}

t.test('a recording is turned as players show it, by both of its readers', async (t) => {
  const folder = t.testdir();
  const plain = join(folder, 'plain.mp4');
  await writeLeftBrightClip(plain);
  const clip = readFileSync(plain);
  const answers = Object.fromEntries(
    Object.keys(matrices).map((degrees) => [
      `/${degrees}.mp4`,
      { body: turned(clip, Number(degrees)), headers: { 'content-type': 'video/mp4' } },
    ]),
  );
  const camera = await startHttpCamera(answers);
  t.teardown(() => camera.stop());
  for (const degrees of [0, 90, 180, 270]) {
    const path = join(folder, `${degrees}.mp4`);
    writeFileSync(path, turned(clip, degrees));
    const file = await firstPicture(path);
    const stream = await firstPicture(`http://127.0.0.1:${camera.port}/${degrees}.mp4`);
    const upright = degrees % 180 === 0;
    const size = upright
      ? { width: numberedWidth, height: numberedHeight }
      : { width: numberedHeight, height: numberedWidth };
    t.match(file, size, `${degrees}: the file`);
    t.match(stream, size, `${degrees}: the stream`);
    for (const picture of [file, stream]) {
      const edges = [
        isBright(picture, 50, 3),
        isBright(picture, 97, 50),
        isBright(picture, 50, 97),
        isBright(picture, 3, 50),
      ];
      t.same(edges, brightEdges[degrees], `${degrees}: the left edge is where it belongs`);
    }
    t.ok(meanDifference(file, stream) < 8, `${degrees}: they differ by ${meanDifference(file, stream)}`);
  }
});
