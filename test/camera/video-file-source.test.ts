import { copyFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createFrameSource, type SourceOptions } from '../../src/camera/create-frame-source.js';
import type { Frame, FrameSource } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { RingFrame, RingReader } from '../../src/camera/ring-frame.js';
import { readNumber, writeNumberedClip } from '../support/numbered-picture.js';

type Tap = { teardown(fn: () => unknown): unknown };

async function openSource(t: Tap, path: string, options: SourceOptions): Promise<FrameSource> {
  const source = createFrameSource(parseSource(path), options);
  await source.open();
  t.teardown(() => source.close());
  return source;
}

function numberOf(frame: Frame): number {
  const number = readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height });
  frame.release();
  return number;
}

const folder = t.testdir();
const clip = join(folder, 'clip: 30 fps.mp4');

t.before(() => writeNumberedClip(clip, 75, 30));

t.test('every frame of a clip is read once at pace max, in order, numbered from 0', async (t) => {
  const source = await openSource(t, clip, { pace: 'max' });
  t.ok(source.finite);
  t.match(source.format, { width: 256, height: 64, fps: 30, frames: 75 });
  const seen: number[] = [];
  for (let frame = await source.read(); frame !== null; frame = await source.read()) {
    t.equal(frame.seq, seen.length);
    seen.push(numberOf(frame));
  }
  t.strictSame(
    seen,
    Array.from({ length: 75 }, (_, i) => i),
  );
  t.equal(await source.read(), null, 'the end stays the end');
});

t.test('a looped clip goes on with its first frame, and seq goes on counting', async (t) => {
  const source = await openSource(t, clip, { pace: 'max', loop: true, firstSeq: 1000 });
  t.notOk(source.finite);
  for (let i = 0; i < 180; i++) {
    const frame = (await source.read()) as Frame;
    if (frame.seq !== 1000 + i) t.equal(frame.seq, 1000 + i);
    const number = numberOf(frame);
    if (number !== i % 75) t.equal(number, i % 75);
  }
});

t.test('at pace realtime frames come at the clip’s rate', async (t) => {
  const source = await openSource(t, clip, { pace: 'realtime' });
  const begun = performance.now();
  const times: number[] = [];
  let last: Frame | null = null;
  for (let frame = await source.read(); frame !== null && times.length < 61; frame = await source.read()) {
    times.push(performance.now());
    t.ok(Math.abs(Date.now() - frame.capturedAt) < 50, 'captured just now');
    frame.release();
    last = frame;
  }
  const span = (times.at(-1) as number) - begun;
  const expected = ((last as Frame).seq * 1000) / 30;
  t.ok(Math.abs(span - expected) < expected * 0.1, `${span.toFixed(0)} ms instead of ${expected.toFixed(0)}`);
  t.ok((last as Frame).seq >= 60);
});

t.test('fps sets another rate', async (t) => {
  const source = await openSource(t, clip, { pace: 'realtime', fps: 100 });
  const begun = performance.now();
  let seq = 0;
  while (seq < 50) {
    const frame = (await source.read()) as Frame;
    seq = frame.seq;
    frame.release();
  }
  const ms = performance.now() - begun;
  t.ok(ms > 480 && ms < 700, `${ms.toFixed(0)} ms instead of 500`);
});

t.test('a slow reader misses frames as it would with a camera, and sees the right ones', async (t) => {
  const source = await openSource(t, clip, { pace: 'realtime' });
  const seqs: number[] = [];
  for (let i = 0; i < 4; i++) {
    const frame = (await source.read()) as Frame;
    seqs.push(frame.seq);
    t.equal(numberOf(frame), frame.seq);
    await sleep(300);
  }
  t.equal(seqs[0], 0);
  for (let i = 1; i < seqs.length; i++) {
    const gap = (seqs[i] as number) - (seqs[i - 1] as number);
    t.ok(gap >= 8 && gap <= 12, `300 ms are 9 frames, found ${gap}`);
  }
});

t.test('close ends a wait for the next frame at once', async (t) => {
  const source = await openSource(t, clip, { pace: 'realtime', fps: 0.1 });
  (await source.read())?.release();
  const reading = source.read();
  const begun = performance.now();
  await source.close();
  t.equal(await reading, null);
  t.ok(performance.now() - begun < 100);
  await source.close();
});

t.test('pixels are packed BGR, and a released frame gives none', async (t) => {
  const source = await openSource(t, clip, { pace: 'max' });
  const frame = (await source.read()) as Frame;
  t.equal(frame.pixels().length, 256 * 64 * 3);
  frame.release();
  frame.release();
  t.throws(() => frame.pixels(), /released/);
});

t.test('a clip that vanishes while it is looped fails with what happened', async (t) => {
  const copy = join(folder, 'copy.mp4');
  copyFileSync(clip, copy);
  const source = await openSource(t, copy, { pace: 'max', loop: true });
  (await source.read())?.release();
  rmSync(copy);
  const readOn = async (): Promise<void> => {
    for (let i = 0; i < 80; i++) (await source.read())?.release();
  };
  await t.rejects(readOn(), { code: 'CAMERA_OPEN_FAILED', message: /copy\.mp4 does not exist/ });
});

t.test('every picture that is read is freed, skipped ones too, and no descriptor stays open', async (t) => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  let read = 0;
  const held = new Set<Frame>();
  const { take } = RingReader.prototype;
  const { release } = RingFrame.prototype;
  RingReader.prototype.take = function (this: RingReader) {
    const frame = take.call(this);
    if (frame === null) return null;
    read++;
    held.add(frame);
    return frame;
  };
  RingFrame.prototype.release = function (this: RingFrame) {
    held.delete(this);
    release.call(this);
  };
  t.teardown(() => {
    RingReader.prototype.take = take;
    RingFrame.prototype.release = release;
  });
  const before = descriptors();
  for (const pace of ['max', 'realtime'] as const) {
    const source = await openSource(t, clip, { pace, loop: true, fps: 200 });
    for (let i = 0; i < 100; i++) {
      (await source.read())?.release();
      if (i % 20 === 0) await sleep(30);
    }
    await source.close();
  }
  t.ok(read > 210, `${read} pictures were read for 200 frames`);
  t.equal(held.size, 0);
  t.ok(descriptors() <= before, `${before} descriptors before, ${descriptors()} after`);
});

t.test(
  'a looped recording whose process is killed begins again; one that is played once fails',
  async (t) => {
    const kill = (source: FrameSource): void => void process.kill(source.processId as number, 'SIGKILL');
    const notices: string[] = [];
    const looped = await openSource(t, clip, {
      pace: 'max',
      loop: true,
      onNotice: (text) => notices.push(text),
    });
    let next = 0;
    const read = async (): Promise<number> => {
      const frame = (await looped.read()) as Frame;
      t.equal(frame.seq, next++);
      return numberOf(frame);
    };
    for (let i = 0; i < 10; i++) t.equal(await read(), i);
    kill(looped);
    let number = 10;
    while (number >= 10) number = await read(); // a few were in the ring
    t.equal(number, 0);
    t.match(notices, [/crashed \(SIGKILL\); it begins again/]);
    const once = await openSource(t, clip, { pace: 'max' });
    kill(once);
    const readOn = async (): Promise<void> => {
      while ((await once.read()) !== null);
    };
    await t.rejects(readOn(), { code: 'CAMERA_READ_FAILED', message: /crashed \(SIGKILL\)/ });
  },
);

t.test('what is no video is refused with what and where', async (t) => {
  const text = join(folder, 'text.mp4');
  writeFileSync(text, 'no video at all, but long enough to be looked at '.repeat(200));
  const cut = join(folder, 'cut.mp4');
  copyFileSync(clip, cut);
  truncateSync(cut, 2000);
  for (const path of [text, cut]) {
    const source = createFrameSource(parseSource(path), {});
    await t.rejects(source.open(), { code: 'CAMERA_OPEN_FAILED', message: new RegExp(path) });
    await source.close();
  }
  t.throws(() => createFrameSource(parseSource(join(folder, 'none.mp4'))), {
    code: 'CAMERA_OPEN_FAILED',
    message: /none\.mp4 does not exist/,
  });
});
