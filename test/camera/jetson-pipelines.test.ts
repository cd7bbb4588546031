import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { CaptureSource } from '../../src/camera/capture-source.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { csiPipeline, filePipeline, rtspPipeline } from '../../src/camera/jetson-pipelines.js';
import { prepareNetworkCamera } from '../../src/camera/network-camera.js';
import { pipelineCamera } from '../../src/camera/pipeline-camera.js';
import { skipWithout } from '../support/absent.js';
import { startRawServer } from '../support/raw-server-thread.js';

const sensor = { sensor: 0, width: 1280, height: 720, fps: 30, flip: 0 };

t.test('a CSI camera stays in the memory of the converter, which turns and scales', (t) => {
  t.equal(
    csiPipeline(sensor),
    'nvarguscamerasrc sensor-id=0 ! video/x-raw(memory:NVMM),width=1280,height=720,framerate=30/1,format=NV12 ! ' +
      'nvvidconv flip-method=0 ! video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=BGR ! ' +
      'appsink drop=true max-buffers=1 sync=false',
  );
  t.match(
    csiPipeline({ ...sensor, sensor: 1, flip: 2 }, { width: 456, height: 256 }),
    /sensor-id=1 .*width=1280,.*flip-method=2 ! video\/x-raw,format=BGRx,width=456,height=256 ! videoconvert/,
  );
  t.notMatch(csiPipeline(sensor, { width: 456 }), '456', 'one side alone would distort');
  t.end();
});

t.test('what GStreamer says of a camera of a remote document is not told', async (t) => {
  const server = await startRawServer({ '*': 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n' });
  t.teardown(() => server.stop());
  const words = '[ WARN:0] GStreamer warning: unhandled (canary of the server)\n';
  const hosts = [{ host: `127.0.0.1:${server.port}`, allow_remote: true }];
  for (const remote of [true, false]) {
    const camera = {
      kind: 'rtsp' as const,
      url: `rtsp://127.0.0.1:${server.port}/`,
      policy: { remote, hosts },
      jetson: {},
    };
    const prepared = await prepareNetworkCamera(camera, new AbortController().signal);
    t.teardown(() => prepared.close?.());
    t.equal(/canary/.test(prepared.explain?.('it ended', words) ?? ''), !remote);
  }
});

t.test('an RTSP camera: TCP, its video only, a decoder of the hardware, the newest picture', (t) => {
  t.equal(
    rtspPipeline('rtsp://192.0.2.7/stream1', { width: 640, height: 360 }),
    'rtspsrc location="rtsp://192.0.2.7/stream1" protocols=tcp latency=0 ! application/x-rtp,media=video ! ' +
      'decodebin ! video/x-raw(memory:NVMM) ! nvvidconv ! video/x-raw,format=BGRx,width=640,height=360 ! ' +
      'videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1 sync=false',
  );
  t.end();
});

/** An address, and what GStreamer is to take for its location. */
const addresses: [string, string][] = [
  ['rtsp://h/s', 'rtsp://h/s'],
  ['rtsp://h/a?user=x_channel=1&s=0.sdp', 'rtsp://h/a?user=x_channel=1&s=0.sdp'],
  ['rtsp://bob@h/s', 'rtsp://bob:@h/s'],
  ['rtsp://bob:p@ss!wo:rd@h:554/s', 'rtsp://bob:p%40ss%21wo%3Ard@h:554/s'],
  ['rtsp://bob:100%41%zz@h/s', 'rtsp://bob:100%41%25zz@h/s'],
  ['rtsp://h/a b\t"c" \\', 'rtsp://h/a%20b%09%22c%22%20%5C'],
  ["rtsp://h/' ! filesink location=x", "rtsp://h/'%20!%20filesink%20location=x"],
  ['rtsp://h/" ! fakesink name="', 'rtsp://h/%22%20!%20fakesink%20name=%22'],
  ['rtsp://h/\\" ! fakesink \\', 'rtsp://h/%5C%22%20!%20fakesink%20%5C'],
  ['rtsp://h/ä/$(id)`id`;{}', 'rtsp://h/%C3%A4/$(id)`id`;{}'],
];

t.test('nothing in an address ends its quotes', (t) => {
  for (const [url, location] of addresses) {
    const pipeline = rtspPipeline(url);
    t.equal(pipeline.indexOf(`rtspsrc location="${location}" protocols=tcp `), 0, pipeline);
    t.equal(pipeline.split('"').length, 3, 'two quotes in all');
  }
  t.match(
    filePipeline('/a "b" \\ c#?%.mp4'),
    'uridecodebin uri="file:///a%20%22b%22%20%5C%20c%23%3F%25.mp4" ! ',
  );
  t.end();
});

/** Debian's OpenCV brings GStreamer's core but not these elements. */
function missingPlugin(): string | false {
  const folder = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/gstreamer-1.0`;
  const plugins = ['app', 'playback', 'ogg', 'theora', 'videotestsrc', 'videoconvertscale'];
  const missing = plugins.find((plugin) => !existsSync(join(folder, `libgst${plugin}.so`)));
  return skipWithout(missing === undefined, `GStreamer's plugin ${missing}`);
}

/** The same with elements of every machine for those of a Jetson. */
function portable(pipeline: string): string {
  return pipeline
    .replace('rtspsrc', 'filesrc')
    .replace(' protocols=tcp latency=0 ! application/x-rtp,media=video', '')
    .replace('video/x-raw(memory:NVMM) ! nvvidconv', 'videoconvert');
}

async function firstFrame(pipeline: string): Promise<Frame | null> {
  const source = createFrameSource({ kind: 'gstreamer', pipeline });
  try {
    await source.open();
    return await source.read();
  } finally {
    await source.close();
  }
}

t.test('GStreamer takes the address for what it is, and plays it', { skip: missingPlugin() }, async (t) => {
  const folder = t.testdir();
  const clip = join(folder, 'clip.ogv');
  const source = createFrameSource({
    kind: 'gstreamer',
    pipeline:
      'videotestsrc pattern=blue num-buffers=4 ! video/x-raw,format=I420,width=64,height=48 ! tee name=t ! queue ! ' +
      `theoraenc ! oggmux ! filesink location="${clip}" t. ! queue ! videoconvert ! video/x-raw,format=BGR ! appsink`,
  });
  // The probe has played it to its end.
  await source.open();
  while (((await source.read().catch(() => null)) ?? null) !== null);
  await source.close();
  const before = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(before));
  for (const [url, location] of addresses) {
    // A file whose relative path is the address: it is found only where every character has come through.
    mkdirSync(dirname(location), { recursive: true });
    cpSync(clip, location);
    const frame = await firstFrame(portable(rtspPipeline(url)));
    t.strictSame([frame?.width, frame?.height], [64, 48], location);
    t.ok((frame?.pixels()[0] ?? 0) > 200, 'blue comes first');
    frame?.release();
  }
  const odd = join(folder, 'a "b" \\ c#?%!\'.ogv');
  cpSync(clip, odd);
  const frame = await firstFrame(portable(filePipeline(odd)));
  t.equal(frame?.width, 64);
  frame?.release();
});

t.test(
  'of a recording every picture comes, and again where it is looped',
  { skip: missingPlugin() },
  async (t) => {
    const pictures = 7;
    const pipeline =
      `videotestsrc num-buffers=${pictures} ! video/x-raw,format=BGR,width=64,height=48 ! ` +
      'appsink max-buffers=2 sync=false';
    const open = async (loop: number): Promise<CaptureSource> => {
      const { spec } = pipelineCamera(pipeline);
      const prepare = async () => ({ spec: { ...spec, recording: 1, loop } });
      const source = new CaptureSource({ description: 'a recording', prepare });
      t.teardown(() => source.close());
      await source.open();
      return source;
    };
    const once = await open(0);
    for (let seq = 0; seq < pictures; seq++) {
      await sleep(20); // nothing is lost to a slow reader
      const frame = await once.read();
      t.equal(frame?.seq, seq);
      frame?.release();
    }
    t.equal(await once.read(), null, 'it ends');
    const looped = await open(1);
    for (let seq = 0; seq < 3 * pictures; seq++) {
      const frame = await looped.read();
      t.equal(frame?.seq, seq);
      frame?.release();
    }
  },
);
