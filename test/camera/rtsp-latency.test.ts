import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { asH264Stream } from '../support/bad-cameras/clip.js';
import type { H264Stream } from '../support/bad-cameras/h264.js';
import { serveRtsp } from '../support/bad-cameras/rtsp-camera.js';
import { h264, writeEncodedClip } from '../support/encoded-clip.js';
import { watchSource } from '../support/watch-source.js';

const delimited = ['-x264-params', 'aud=1:slices=1:sliced-threads=0'];

/** A camera that sends a picture each interval; its picture i carries the number i. */
async function startCamera(t: Test, { bFrames, intervalMs }: { bFrames: number; intervalMs: number }) {
  const path = join(t.testdir(), 'clip.h264');
  const encoder = [...h264, ...delimited, '-bf', `${bFrames}`, '-g', '50'];
  await writeEncodedClip(path, { frames: 200, fps: 25, encoder });
  const stream = asH264Stream(readFileSync(path));
  /** When each picture was sent, in the order of sending. */
  const sentMs: number[] = [];
  const pictures = new Proxy(stream.pictures, {
    get(target, key) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (Number.isInteger(index)) sentMs[index] = performance.now();
      return Reflect.get(target, key);
    },
  }) as H264Stream['pictures'];
  const server = serveRtsp({ kind: 'rtsp', stream: { ...stream, pictures }, intervalMs });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { source: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`, sentMs };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

t.test('a picture is there some milliseconds after it was sent, with that as its capture time', async (t) => {
  const { source, sentMs } = await startCamera(t, { bFrames: 0, intervalMs: 40 });
  const { frames, error } = await watchSource(source, { frames: 60, timeoutMs: 10_000 });
  t.equal(error, undefined);
  t.equal(frames.length, 60);
  const since = (of: 'capturedMs' | 'readMs'): number[] =>
    frames.map((frame) => frame[of] - (sentMs[frame.number] ?? Number.NaN));
  t.comment(
    `captured ${median(since('capturedMs')).toFixed(1)} ms, read ${median(since('readMs')).toFixed(1)} ms`,
  );
  t.ok(median(since('capturedMs')) < 15, `captured after ${median(since('capturedMs'))} ms`);
  // FFmpeg knows that a picture is whole when the next one begins.
  t.ok(median(since('readMs')) < 75, `read after ${median(since('readMs'))} ms`);
});

t.test('a slow camera’s picture does not wait for the next one', { timeout: 30_000 }, async (t) => {
  const { source, sentMs } = await startCamera(t, { bFrames: 0, intervalMs: 1500 });
  const { frames, error } = await watchSource(source, { frames: 3, timeoutMs: 10_000 });
  t.equal(error, undefined);
  t.same(
    frames.map(({ number }) => number),
    [0, 1, 2],
  );
  const late = frames.map(({ number, readMs }) => readMs - (sentMs[number] ?? Number.NaN));
  t.ok(Math.max(...late) < 700, `${late.map((ms) => ms.toFixed(0))} ms after they were sent`);
});
