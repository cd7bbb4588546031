import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createFrameSource, createReconnectingSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
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
  await t.rejects(wrong.open(), { code: 'CAMERA_OPEN_FAILED', message: /user or password is wrong \(401\)/ });

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
  // A busy machine passes some over, and none comes before its time.
  const steps = numbers.slice(1).map((number, i) => (number - (numbers[i] as number) + frames) % frames);
  t.ok(
    steps.every((step) => step > 0 && step < frames / 2),
    `${numbers}`,
  );

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

t.test('where no Jetson decodes, a camera that wants one says what helps, and is tried again', async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames, fps });
  const server = await startRtspServer({ file, seconds: frames / fps, credentials: 'bob:can!ary' });
  t.teardown(() => server.process.kill('SIGKILL'));
  const spec = parseSource(`jetson+rtsp://bob:can!ary@127.0.0.1:${server.port}/live`);
  const statuses: CameraStatus[] = [];
  const source = createReconnectingSource(spec, {}, { onStatus: (status) => statuses.push(status) });
  await source.open();
  const reading = source.read();
  const begun = performance.now();
  while (source.reopenings < 2 && performance.now() - begun < 40_000) await sleep(20);
  t.equal(source.reopenings, 2, 'the second opening has failed as well');
  await source.close();
  t.equal(await reading, null);
  const { error, reason } = statuses.find(({ state }) => state === 'offline') as CameraStatus;
  t.equal(error?.code, 'CAMERA_OPEN_FAILED');
  t.match(reason, /\(rtspsrc, decodebin, nvvidconv, videoconvert, appsink\).*set decoder: software$/);
  t.notMatch(JSON.stringify(statuses), /can!|ary/);
});
