import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createFrameSource, createReconnectingSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { LiveCaptureSource } from '../../src/camera/live-capture-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import type { CameraStatus } from '../../src/camera/reconnecting-source.js';
import { readNumber } from '../support/numbered-picture.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';

const fps = 25;
const frames = 50;

t.test('an RTSP camera behind a password is read, lost, reported within 5 s, and found again', async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames, fps });
  const server = await startRtspServer({ file, seconds: frames / fps, credentials: 'bob:canary' });
  t.teardown(() => server.process.kill('SIGKILL'));
  const spec = parseSource(`rtsp://bob:canary@127.0.0.1:${server.port}/live`);

  const wrong = createFrameSource(parseSource(`rtsp://bob:wrong@127.0.0.1:${server.port}/live`));
  await t.rejects(wrong.open(), { code: 'CAMERA_OPEN_FAILED', message: /check path, user and password/ });

  const statuses: CameraStatus[] = [];
  const source = createReconnectingSource(spec, {}, { onStatus: (status) => statuses.push(status) });
  t.teardown(() => source.close());
  t.equal(source.description, `rtsp://***@127.0.0.1:${server.port}/live`);
  let last: Frame | undefined;
  const numbers: number[] = [];
  const reading = (async () => {
    await source.open();
    for (let frame = await source.read(); frame !== null; frame = await source.read()) {
      numbers.push(readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height }));
      last = frame;
      frame.release();
    }
  })();
  const until = async (what: () => boolean, ms: number): Promise<number> => {
    const begun = performance.now();
    while (!what()) {
      if (performance.now() - begun > ms) throw new Error(`not within ${ms} ms: ${JSON.stringify(statuses)}`);
      await sleep(10);
    }
    return performance.now() - begun;
  };
  await until(() => numbers.length >= 20, 8000);
  t.match(source.format, { width: 256, height: 64 });
  const next = (number: number): number => (number + 1) % frames;
  const inOrder = numbers.filter((number, i) => i > 0 && number === next(numbers[i - 1] as number)).length;
  t.ok(inOrder >= numbers.length - 4, `${numbers}`);

  // Stopped, not killed: the connection stays and nothing comes, as when a camera hangs.
  server.process.kill('SIGSTOP');
  const detected = await until(() => statuses.at(-1)?.state === 'offline', 6000);
  t.ok(detected <= 5000, `offline after ${detected.toFixed(0)} ms`);
  const seq = last?.seq ?? 0;
  // When its patience is over the decoder gives the pictures that it still holds.
  await sleep(1000);
  t.equal(statuses.at(-1)?.state, 'offline', 'what is left over does not bring it back');
  t.equal(last?.seq, seq);
  server.process.kill('SIGCONT');
  await until(() => statuses.at(-1)?.state === 'online', 5000);
  await until(() => (last?.seq ?? 0) > seq + 5, 5000);

  const begun = performance.now();
  await source.close();
  await reading;
  t.ok(performance.now() - begun < 1000, 'it closes at once');
  t.notMatch(JSON.stringify(statuses), /canary/);
});

t.test('where the hardware gives no picture FFmpeg decodes, but not in place of one asked for', async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames, fps });
  const server = await startRtspServer({ file, seconds: frames / fps, credentials: 'bob:can!ary' });
  t.teardown(() => server.process.kill('SIGKILL'));
  const url = `rtsp://bob:can!ary@127.0.0.1:${server.port}/live`;
  const told = t.capture(process.stderr, 'write');
  for (let attempt = 0; attempt < 2; attempt++) {
    // This machine has no such decoder, whatever is said.
    const source = new LiveCaptureSource({ spec: { kind: 'rtsp', url }, hasDecoder: () => true });
    await source.open();
    const frame = (await source.read()) as Frame;
    t.equal(frame.width, 256);
    frame.release();
    await source.close();
  }
  const lines = told().map(({ args }) => String(args[0]));
  t.equal(lines.length, 1, 'it is tried once');
  t.match(lines[0], /^rtsp:\/\/\*\*\*@127\.0\.0\.1:\d+\/live is decoded on the CPU: .*nvvidconv/);

  const insisted = createFrameSource(parseSource(`jetson+${url}`));
  const error = (await insisted.open().catch((error: Error) => error)) as Error & { code?: string };
  t.equal(error.code, 'CAMERA_OPEN_FAILED');
  t.match(error.message, /\(rtspsrc, decodebin, nvvidconv, videoconvert, appsink\)/);
  t.notMatch(error.message + lines.join(), /can!|ary/);
});
