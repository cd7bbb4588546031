import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { encodeJpeg } from '../../src/camera/encode-jpeg.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { numberedPicture, readNumber, writeNumberedClip } from '../support/numbered-picture.js';

const names = [
  'a b',
  '100% light',
  'a%20b',
  'frame%03d',
  'what?',
  'no#1',
  'http:x',
  'pipe:0',
  'ümläut 東京 🎥',
  'it\'s "quoted" & $HOME `id`',
  'back\\slash',
  'two\nlines\tand a tab',
  '-dash',
  'sub,start,1,end,2,,:x',
];

/** The numbers that the first frames of a source carry. */
async function numbersOf(source: string, count: number): Promise<number[]> {
  const frames = createFrameSource(parseSource(source), { pace: 'max' });
  try {
    await frames.open();
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) {
      const frame = await frames.read();
      if (frame === null) break;
      numbers.push(readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height }));
      frame.release();
    }
    return numbers;
  } finally {
    await frames.close();
  }
}

t.test('recordings and picture folders may have any name', async (t) => {
  const folder = t.testdir();
  const picture = numberedPicture(7);
  const { jpeg } = await encodeJpeg(picture, 100_000);
  picture.release();
  const plain = join(folder, 'plain.mp4');
  await writeNumberedClip(plain, 3, 25);
  for (const name of names) {
    const recording = join(folder, `${name}.mp4`);
    copyFileSync(plain, recording);
    const pictures = join(folder, `${name} pictures`);
    mkdirSync(pictures);
    writeFileSync(join(pictures, `${name}.jpg`), jpeg);
    for (const source of [recording, pathToFileURL(recording).href]) {
      t.same(await numbersOf(source, 3), [0, 1, 2], JSON.stringify(source));
    }
    for (const source of [pictures, pathToFileURL(pictures).href, join(pictures, `${name}.jpg`)]) {
      t.same(await numbersOf(source, 1), [7], JSON.stringify(source));
    }
  }
});

t.test('a file URL means one path, or is refused with a reason', async (t) => {
  const paths: [string, string][] = [
    ['file:///a%20b/c.mp4', '/a b/c.mp4'],
    ['file:///a b/c.mp4', '/a b/c.mp4'],
    ['FILE://localhost/c.mp4', '/c.mp4'],
    ['file:///50%25%3F%23.mp4', '/50%?#.mp4'],
    ['file:///two%0Alines.mp4', '/two\nlines.mp4'],
    ['file:///two\nlines.mp4', '/two\nlines.mp4'],
    ['file:///back\\slash.mp4', '/back\\slash.mp4'],
    ['file:///%E6%9D%B1.mp4', '/東.mp4'],
    ['file:///blank%20', '/blank '],
  ];
  for (const [url, path] of paths) t.same(parseSource(url), { kind: 'path', path }, JSON.stringify(url));
  const refused: [string, RegExp][] = [
    ['file:///c.mp4?start=3', /in a file URL \? is written %3F/],
    ['file:///no#1.mp4', /in a file URL # is written %23/],
    ['file:///100% light.mp4', /written %25/],
    ['file:///%FF.mp4', /UTF-8/],
    ['file:///a%00b.mp4', /no NUL/],
    ['file://host/c.mp4', /must be local: file:\/\/\/path/],
    ['file://c.mp4', /must be local/],
  ];
  for (const [url, message] of refused) {
    t.throws(() => parseSource(url), { code: 'CAMERA_SOURCE_INVALID', message }, url);
  }
});
