import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame, FrameSource } from '../../src/camera/frame-source.js';
import { loadOpencv } from '../../src/camera/opencv.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { writePicture } from '../../src/camera/write-picture.js';
import { numberedPicture, readNumber } from '../support/numbered-picture.js';

const folder = t.testdir({ 'notes.txt': 'no picture', '.hidden.png': 'no picture' });

t.before(async () => {
  const cv = loadOpencv();
  await writePicture(join(folder, 'frame1.jpg'), numberedPicture(1));
  await writePicture(join(folder, 'frame2.png'), numberedPicture(2));
  await writePicture(join(folder, 'frame10.webp'), numberedPicture(10));
  const grey = new cv.Mat(new Uint8Array(64 * 256), 64, 256, cv.CV_8UC1);
  await writePicture(join(folder, 'frame11.bmp'), grey);
  await writePicture(join(folder, 'frame12.PNG'), numberedPicture(12, 320, 100));
});

async function open(path: string, options: Parameters<typeof createFrameSource>[1]): Promise<FrameSource> {
  const source = createFrameSource(parseSource(path), options);
  await source.open();
  return source;
}

function numberOf(frame: Frame): number {
  const number = readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height });
  frame.release();
  return number;
}

t.test('every picture is a frame, 2 before 10, in its own size and as BGR', async (t) => {
  const source = await open(folder, { pace: 'max' });
  t.ok(source.finite);
  t.equal(source.format?.frames, 5);
  const seen: [number, number, string][] = [];
  for (let frame = await source.read(); frame !== null; frame = await source.read()) {
    const { seq, width, height } = frame;
    seen.push([seq, numberOf(frame), `${width}x${height}`]);
  }
  t.strictSame(seen, [
    [0, 1, '256x64'],
    [1, 2, '256x64'],
    [2, 10, '256x64'],
    [3, 0, '256x64'],
    [4, 12, '320x100'],
  ]);
});

t.test('one picture is a source of one frame', async (t) => {
  const source = await open(join(folder, 'frame2.png'), { pace: 'realtime' });
  t.equal(numberOf((await source.read()) as Frame), 2);
  t.equal(await source.read(), null);
});

t.test('at pace realtime a looped folder plays at fps, and late readers miss pictures', async (t) => {
  const source = await open(folder, { pace: 'realtime', loop: true, fps: 50 });
  t.equal(numberOf((await source.read()) as Frame), 1);
  await sleep(130);
  const late = (await source.read()) as Frame;
  t.ok(late.seq >= 6 && late.seq <= 9, `130 ms at 50 fps: frame 6, found ${late.seq}`);
  t.equal(numberOf(late), [1, 2, 10, 0, 12][late.seq % 5]);
  await source.close();
  t.equal(await source.read(), null);
});

t.test('what cannot be used is refused with what and where', async (t) => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const source = createFrameSource(parseSource(empty));
  await t.rejects(source.open(), {
    code: 'CAMERA_OPEN_FAILED',
    message: /empty has no picture in it: expected .*\.png/,
  });
  const torn = join(folder, 'empty', 'torn.png');
  writeFileSync(torn, 'no picture');
  await t.rejects((await open(torn, { pace: 'max' })).read(), {
    code: 'CAMERA_READ_FAILED',
    message: /torn\.png is no picture/,
  });
});
