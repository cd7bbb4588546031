import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Frame } from '../../src/camera/frame-source.js';
import { cameraAdvice } from '../../src/cli/camera-advice.js';
import { type CameraMeasurement, CameraTally } from '../../src/cli/camera-measurement.js';
import { exitCodes } from '../../src/cli/exit-codes.js';
import { testedCamera } from '../../src/cli/tested-camera.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { WholePictureInput } from '../../src/worker/camera-picture.js';
import { h264, writeEncodedClip } from '../support/encoded-clip.js';
import { playFile, requireGstreamerServer } from '../support/gstreamer-rtsp-server.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { runFromSource } from '../support/run-from-source.js';

const good: CameraMeasurement = {
  ...{ open_ms: 300, seconds: 10, width: 640, height: 360, encoding: 'h264', announced_fps: 25, fps: 25 },
  decoder: 'software',
  ...{ pictures: 250, passed_over: 0, size_changes: 0, key_frames: 5, key_frame_s: 2 },
  interval_ms: { p50: 40, p95: 42, max: 60 },
  decode_delay_ms: { p50: 3, p95: 5 },
  cpu: { percent_of_a_core: 5, ms_per_picture: 2 },
};

t.test('what is measured follows from the pictures', async (t) => {
  const tally = new CameraTally();
  const format = {
    width: 64,
    height: 36,
    fps: 25,
    frames: null,
    encoding: 'h264',
    decoder: 'vaapi' as const,
  };
  const add = (seq: number, capturedMonotonic: number, width = 64): void => {
    const isKey = seq % 2 === 0;
    tally.add({ seq, width, height: 36, capturedMonotonic, isKey } as Frame, capturedMonotonic + 3);
  };
  t.equal(tally.measurement(format, { openMs: 1, cpuMs: null }), undefined);
  add(7, 1000);
  t.equal(
    tally.measurement(format, { openMs: 1, cpuMs: null }),
    undefined,
    'of one picture there is no rate',
  );
  add(8, 1040);
  add(10, 1120, 32);
  const expected = {
    pictures: 4,
    passed_over: 1,
    fps: 25,
    size_changes: 1,
    width: 32,
    seconds: 0.1,
    key_frame_s: 0.1,
  };
  const measured = tally.measurement(format, { openMs: 312.4, cpuMs: 12 });
  t.match(measured, { ...expected, open_ms: 312, encoding: 'h264', decoder: 'vaapi', announced_fps: 25 });
  t.match(measured, { interval_ms: { p50: 80, p95: 80, max: 80 }, decode_delay_ms: { p50: 3, p95: 3 } });
  t.same(measured?.cpu, { percent_of_a_core: 10, ms_per_picture: 3 });
});

t.test('what is to be changed is said in words, and nothing of a good camera', async (t) => {
  const input = { width: 456, height: 256 };
  t.same(cameraAdvice(good, input), []);
  const cases: [Partial<CameraMeasurement>, RegExp][] = [
    [{ passed_over: 30 }, /decodes 220 of 250 pictures/],
    [{ width: 1920, height: 1080 }, /looks at 456x256; this stream has 1920x1080\. Take the camera's second/],
    [
      { width: 3840, height: 2160, cpu: { percent_of_a_core: 61, ms_per_picture: 24 } },
      /has 3840x2160, and costs 61 % of a core/,
    ],
    [{ fps: 12.5 }, /announces 25 pictures a second and gives 12.5/],
    [{ interval_ms: { p50: 40, p95: 45, max: 2300 } }, /No picture came for 2\.3 s once/],
    [{ key_frame_s: 10 }, /A key frame comes every 10 s/],
    [{ key_frames: 1, key_frame_s: null }, /One key frame came within 10 s/],
    [{ key_frames: 0, key_frame_s: null }, /No key frame came within 10 s/],
    [{ decode_delay_ms: { p50: 40, p95: 160 } }, /up to 160 ms after they came, as with B-frames/],
    [{ fps: 2, announced_fps: 2 }, /at 2 pictures a second/],
    [{ size_changes: 1 }, /change their size/],
  ];
  for (const [faults, words] of cases) {
    const [first = '', ...others] = cameraAdvice({ ...good, ...faults }, input);
    t.match(first, words);
    t.same(others, []);
  }
  const noneYet = { seconds: 3, key_frames: 1, key_frame_s: null };
  t.same(cameraAdvice({ ...good, ...noneYet }, input), [], 'in 3 s there may be one alone');
  const delay = { decode_delay_ms: { p50: 40, p95: 160 } };
  t.same(cameraAdvice({ ...good, ...delay, encoding: 'mjpeg' }, input), [], 'MJPEG has no B-frames');
  const busy = { cpu: { percent_of_a_core: 90, ms_per_picture: 60 } };
  t.same(cameraAdvice({ ...good, ...delay, ...busy }, input), [], 'decoding takes so long');
  t.same(
    cameraAdvice({ ...good, width: 1920, height: 1080 }),
    [],
    'without a model nobody knows what is too large',
  );
});

t.test('of one key frame no distance is said, and an hour of pictures is not too much', async (t) => {
  const tally = new CameraTally();
  for (let seq = 0; seq < 200_000; seq++) {
    const frame = { seq, width: 64, height: 36, capturedMonotonic: seq * 20, isKey: seq === 0 };
    tally.add(frame as Frame, seq * 20);
  }
  const measured = tally.measurement(null, { openMs: 1, cpuMs: null });
  t.match(measured, { key_frames: 1, key_frame_s: null, interval_ms: { max: 20 } });
});

t.test('a camera is read as its configuration says', { timeout: 60_000 }, async (t) => {
  const clip = join(t.testdir(), 'clip.mp4');
  await writeEncodedClip(clip, { frames: 200, fps: 25, encoder: h264 });
  const streams = { '/live': playFile(clip, 'h264') };
  const port = await requireGstreamerServer(t, { streams, transports: ['udp'] });
  if (port === undefined) return;
  const silent = await new MjpegServer({ fps: 20 }).start();
  t.teardown(() => silent.stop());
  const cameras = [
    { id: 'by-tcp', source: `rtsp://127.0.0.1:${port}/live`, transport: 'tcp' },
    { id: 'by-udp', source: `rtsp://127.0.0.1:${port}/live`, transport: 'udp' },
    { id: 'quick', source: silent.url, timeout_s: 1 },
    {
      id: 'covered',
      source: silent.url,
      masks: [
        [
          [0, 0],
          [0.9, 0],
          [0, 0.9],
        ],
      ],
    },
  ];
  const { config } = loadConfig({
    environment: { HOME: '/h', EDGE_POSE_CAMERAS: JSON.stringify(cameras) },
  });
  const open = async (id: string, input?: WholePictureInput) => {
    const camera = testedCamera(id, config, input);
    t.teardown(() => camera.source.close());
    await camera.source.open();
    return camera;
  };
  await t.rejects(open('by-tcp'), { code: 'CAMERA_OPEN_FAILED', message: /refuses RTSP over TCP/ });
  const udp = await open('by-udp');
  t.match(await udp.source.read(), { width: 256 });

  const { source } = await open('quick');
  silent.stalled = true;
  const drained = async (): Promise<void> => {
    for (;;) (await source.read())?.release();
  };
  await t.rejects(drained(), { message: /no picture within 1000 ms/ });
  silent.stalled = false;

  const covered = await open('covered', { width: 16, height: 16, resize: 'stretch' });
  const small = await covered.source.read();
  t.ok((small?.scale ?? 1) > 1, `as small as the network needs, found ${small?.scale}`);
  small?.release();
  const pixels = new Uint8Array(4 * 4 * 3).fill(9);
  covered.picture.blacken(pixels, 4, 4);
  t.equal(pixels[0], 0, 'masks are its own');
});

t.test('a camera is measured, by its address or its id', async (t) => {
  const server = await new MjpegServer({ fps: 20, credentials: 'viewer:canary' }).start();
  t.teardown(() => server.stop());
  const home = t.testdir();
  const config = join(home, 'config.yaml');
  const camera = `{id: door, source: "${server.url}", username: viewer, password: canary}`;
  writeFileSync(config, `cameras: [${camera}]\n`, { mode: 0o600 });
  const run = (...args: string[]) =>
    runFromSource(['cameras', 'test', '--config', config, '--seconds', '1.5', ...args], { home });

  const { code, stdout, stderr } = await run('door', '--json');
  t.same([code, stderr], [0, '']);
  const measured = JSON.parse(stdout);
  t.match(measured, { encoding: 'MJPG', decoder: null, announced_fps: null, size_changes: 0, advice: [] });
  t.ok(measured.fps > 12 && measured.fps < 24, `20 pictures a second, found ${measured.fps}`);
  t.ok(measured.cpu.ms_per_picture >= 0);

  const refused = await run(server.url);
  t.equal(refused.code, exitCodes.camera);
  t.match(refused.stderr, /check user and password/);
  t.match(refused.stderr, /cameras discover/, 'the remedy is for network cameras, too');

  const picture = join(home, 'seen.jpg');
  const drawn = await run('sample:', '--picture', picture, '--model', 'blazepose-lite');
  t.equal(drawn.code, 0, drawn.stderr);
  t.match(drawn.stdout, /size {9}\d+x\d+.*\n(.*\n)*picture .*seen\.jpg, \d pe(rson|ople)\n/);
  t.ok(existsSync(picture));
  t.notMatch([stdout, refused.stderr, drawn.stdout].join(), /canary/);
});
