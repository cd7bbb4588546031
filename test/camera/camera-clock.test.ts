import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { startCamera } from '../support/bad-cameras/bad-camera.js';
import { flatStream } from '../support/bad-cameras/h264.js';
import { MjpegServer } from '../support/mjpeg-server.js';

const intervalMs = 50;

async function read(t: { teardown(end: () => unknown): unknown }, source: string, ms: number) {
  const camera = createFrameSource(parseSource(source));
  t.teardown(() => camera.close());
  await camera.open();
  const seen: Pick<Frame, 'seq' | 'capturedMonotonic' | 'clockErrorMs'>[] = [];
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const frame = (await camera.read()) as Frame;
    const { seq, capturedMonotonic, clockErrorMs } = frame;
    seen.push({ seq, capturedMonotonic, clockErrorMs });
    frame.release();
  }
  return seen;
}

t.test('what the network makes late has the capture time of the camera', async (t) => {
  const stream = flatStream({ width: 320, height: 240, pictures: 1 });
  const { source } = await startCamera(t, { kind: 'rtsp', stream, intervalMs, lateMs: 40 });
  const seen = await read(t, source, 4500);
  t.equal(seen[0]?.clockErrorMs, null, 'nobody knows yet how good that is');
  t.ok(seen.some(({ clockErrorMs }) => typeof clockErrorMs === 'number'));
  // From when something is known.
  const steps = seen.slice(40).map(({ seq, capturedMonotonic }, index) => {
    const before = seen[index + 39] as (typeof seen)[number];
    return Math.abs(capturedMonotonic - before.capturedMonotonic - intervalMs * (seq - before.seq));
  });
  const even = steps.filter((step) => step < 5).length;
  t.ok(even > 0.9 * steps.length, `${even} of ${steps.length} pictures are ${intervalMs} ms apart`);
});

t.test('a camera without time stamps is taken by when its pictures come', async (t) => {
  const server = await new MjpegServer({ fps: 20 }).start();
  t.teardown(() => server.stop());
  const seen = await read(t, server.url, 300);
  t.ok(seen.length > 0 && seen.every(({ clockErrorMs }) => clockErrorMs === undefined));
});
