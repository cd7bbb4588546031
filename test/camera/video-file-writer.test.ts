import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { matOf } from '../../src/camera/mat-frame.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { isVideoPath, VideoFileWriter } from '../../src/camera/video-file-writer.js';
import { writePicture } from '../../src/camera/write-picture.js';
import { numberedPicture, readNumber, writeNumberedClip } from '../support/numbered-picture.js';

const code = 'OUTPUT_UNWRITABLE';

t.test('what is written can be read: every picture, size and rate', async (t) => {
  for (const extension of ['.mp4', '.mkv', '.mov', '.avi']) {
    const folder = t.testdir();
    const path = join(folder, `clip${extension}`);
    t.ok(isVideoPath(path));
    await writeNumberedClip(path, 12, 12.5);
    t.strictSame(readdirSync(folder), [`clip${extension}`], 'nothing else is left behind');
    const source = createFrameSource(parseSource(path), { pace: 'max' });
    await source.open();
    t.match(source.format, { width: 256, height: 64, fps: 12.5 }, extension);
    const seen: number[] = [];
    for (let frame = await source.read(); frame !== null; frame = await source.read()) {
      const picture = matOf(frame);
      seen.push(readNumber({ pixels: picture.getData(), width: frame.width, height: frame.height }));
      frame.release();
    }
    await source.close();
    t.strictSame(
      seen,
      Array.from({ length: 12 }, (_, i) => i),
      extension,
    );
  }
  t.notOk(isVideoPath('x.png'));
});

t.test('an existing file stays until the new one is whole', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'clip.mp4');
  writeFileSync(path, 'old');
  const writer = new VideoFileWriter({ path, width: 256, height: 64, fps: 30 });
  await writer.open();
  t.match(writer.codec, /avc1|mp4v/);
  await writer.write(numberedPicture(1));
  await writer.discard();
  t.strictSame(readdirSync(folder), ['clip.mp4']);
});

t.test('what cannot be written is refused with the reason', async (t) => {
  const open = (path: string) => new VideoFileWriter({ path, width: 256, height: 64, fps: 30 }).open();
  await t.rejects(open(join(t.testdir(), 'no', 'clip.mp4')), {
    code,
    message: /folder is not writable \(ENOENT\)/,
  });
  await t.rejects(open('clip.xyz'), { code, message: /ends in one of .*, found "\.xyz"/ });
  const writer = new VideoFileWriter({
    path: join(t.testdir(), 'clip.mp4'),
    width: 256,
    height: 64,
    fps: 30,
  });
  await t.rejects(writer.write(numberedPicture(1)), { code, message: /not open/ });
  await writer.open();
  await t.rejects(writer.write(numberedPicture(1, 320, 64)), {
    code,
    message: /expected 256x64, found 320x64/,
  });
  await writer.discard();
  await t.rejects(writePicture(join(t.testdir(), 'no', 'a.png'), numberedPicture(1)), {
    code,
    message: /ENOENT/,
  });
  await t.rejects(writePicture('a.tga', numberedPicture(1)), { code, message: /found "\.tga"/ });
});
