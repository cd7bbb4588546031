import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Frame } from '../../src/camera/frame-source.js';
import { HttpStreamSource } from '../../src/camera/http-stream-source.js';
import { MjpegServer, type MjpegServerOptions } from '../support/mjpeg-server.js';
import { readNumber, writeNumberedClip } from '../support/numbered-picture.js';

async function serve(t: Tap, options: MjpegServerOptions = {}): Promise<MjpegServer> {
  const server = await new MjpegServer(options).start();
  t.teardown(() => server.stop());
  return server;
}

type Tap = { teardown(fn: () => unknown): unknown };

async function open(t: Tap, url: string, timeoutMs = 1000): Promise<HttpStreamSource> {
  const source = new HttpStreamSource({ url, timeoutSeconds: timeoutMs / 1000 });
  t.teardown(() => source.close());
  await source.open();
  return source;
}

function numberOf(frame: Frame): number {
  const number = readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height });
  frame.release();
  return number;
}

t.test('pictures arrive in order, with or without their length', async (t) => {
  for (const contentLength of [true, false]) {
    const server = await serve(t, { contentLength });
    const source = await open(t, server.url);
    t.match(source.format, { encoding: 'MJPG' });
    const first = (await source.read()) as Frame;
    const base = numberOf(first) - first.seq;
    for (let i = 0; i < 5; i++) {
      const frame = (await source.read()) as Frame;
      const { seq } = frame;
      t.ok(Math.abs(Date.now() - frame.capturedAt) < 200);
      t.equal(numberOf(frame) - base, seq, 'seq counts what the camera sent');
    }
  }
});

t.test('a late reader gets the newest picture; those it missed are counted', async (t) => {
  const server = await serve(t, { fps: 50 });
  const source = await open(t, server.url);
  (await source.read())?.release();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const frame = (await source.read()) as Frame;
  t.ok(frame.seq >= 10, `400 ms at 50 fps: about frame 20, found ${frame.seq}`);
  t.ok(performance.now() - frame.capturedMonotonic < 100, 'and it is fresh');
  frame.release();
});

t.test('redirections and Basic authentication are followed', async (t) => {
  const server = await serve(t, { credentials: 'bob:canary' });
  const source = await open(t, `http://bob:canary@127.0.0.1:${server.port}/moved`);
  t.notMatch(source.description, /canary/);
  numberOf((await source.read()) as Frame);
});

t.test('a camera that stops sending fails in time, though its connection stays', async (t) => {
  const server = await serve(t);
  const source = await open(t, server.url, 300);
  (await source.read())?.release();
  server.stalled = true;
  const begun = performance.now();
  const readAll = async (): Promise<void> => {
    for (;;) (await source.read())?.release();
  };
  await t.rejects(readAll(), { code: 'CAMERA_READ_FAILED', message: /no picture within 300 ms/ });
  t.ok(performance.now() - begun < 1000);
});

t.test('a server that dies fails at once', async (t) => {
  const server = await serve(t);
  const source = await open(t, server.url);
  (await source.read())?.release();
  await server.stop();
  const readAll = async (): Promise<void> => {
    for (;;) (await source.read())?.release();
  };
  await t.rejects(readAll(), { code: 'CAMERA_READ_FAILED', message: /connection|ended/ });
});

t.test('torn pictures are passed over, and end the stream where nothing else comes', async (t) => {
  const server = await serve(t);
  const source = await open(t, server.url, 300);
  const first = (await source.read()) as Frame;
  first.release();
  server.garbage = true;
  const over = sleep(150).then(() => {
    server.garbage = false;
  });
  const gap = async (): Promise<Frame> => {
    for (let last = first.seq; ; ) {
      const frame = (await source.read()) as Frame;
      if (frame.seq > last + 1) return frame;
      last = frame.seq;
      frame.release();
    }
  };
  numberOf(await gap());
  await over;
  server.garbage = true;
  const readAll = async (): Promise<void> => {
    for (;;) (await source.read())?.release();
  };
  await t.rejects(readAll(), { code: 'CAMERA_READ_FAILED', message: /no JPEG|no picture/ });
});

t.test('close ends a read at once', async (t) => {
  const server = await serve(t);
  const source = await open(t, server.url, 5000);
  (await source.read())?.release();
  server.stalled = true;
  const reading = source.read();
  const begun = performance.now();
  await source.close();
  (await reading)?.release();
  t.ok(performance.now() - begun < 200);
  t.equal(await source.read(), null);
});

t.test('what gives no stream is refused with what and where, without the password', async (t) => {
  const server = await serve(t, { credentials: 'bob:right' });
  const { port } = server;
  const dead = await new MjpegServer().start();
  const deadPort = dead.port;
  await dead.stop();
  const cases: [string, RegExp][] = [
    [`http://bob:canary@127.0.0.1:${port}/stream`, /answered 401 Unauthorized \(check user and password\)/],
    [`http://bob:right@127.0.0.1:${port}/nowhere?token=canary`, /answered 404/],
    [`http://bob:right@127.0.0.1:${port}/page`, /no video but text\/html/],
    [`http://bob:canary@127.0.0.1:${deadPort}/stream`, /connection refused/],
    ['http://bob:canary@name.invalid/stream', /cannot be resolved/],
  ];
  for (const [url, expected] of cases) {
    const error = await open(t, url).then(
      () => new Error('opened'),
      (error: Error) => error,
    );
    t.match(error, { code: 'CAMERA_OPEN_FAILED', message: expected }, url);
    t.notMatch(`${error.stack} ${String(error.cause)}`, /canary|right/);
  }
});

t.test('what is video but no MJPEG stream goes through FFmpeg', async (t) => {
  const clip = join(t.testdir(), 'clip.mp4');
  await writeNumberedClip(clip, 10, 25);
  const server = new Worker(
    `const { createServer } = require('node:http');
     const { parentPort, workerData } = require('node:worker_threads');
     const video = require('node:fs').readFileSync(workerData);
     const server = createServer((request, response) => {
       response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length }).end(video);
     }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: clip },
  );
  t.teardown(() => server.terminate());
  const [port] = await once(server, 'message');
  const source = await open(t, `http://127.0.0.1:${port}/clip.mp4`);
  t.match(source.format, { width: 256, height: 64, fps: 25 });
  for (let i = 0; i < 10; i++) {
    const frame = (await source.read()) as Frame;
    t.equal(frame.seq, i);
    t.equal(numberOf(frame), i);
  }
  await t.rejects(source.read(), { code: 'CAMERA_READ_FAILED', message: /it ended the stream/ });
});
