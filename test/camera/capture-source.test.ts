import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { reachEndpoint } from '../../src/camera/reach-endpoint.js';
import { localPolicy } from '../../src/network/source-policy.js';
import { skipWithout } from '../support/absent.js';

const code = 'CAMERA_OPEN_FAILED';
const gstreamerMissing = 'gstreamer1.0-plugins-base: apt install it to test pipelines';
const skipGstreamer = (): string | false => skipWithout(hasGstreamerElements(), gstreamerMissing);

async function openError(source: string): Promise<Error & { code?: string }> {
  const frames = createFrameSource(parseSource(source));
  try {
    await frames.open();
  } catch (error) {
    return error as Error;
  } finally {
    await frames.close();
  }
  throw new Error(`${source} could be opened`);
}

t.test('a camera that is not there is named, with what to look at', async (t) => {
  t.match(await openError('/dev/video987'), {
    code,
    message: /^\/dev\/video987 cannot be opened: there is no such/,
  });
  t.match(await openError('987'), { code, message: /\/dev\/video987/ });
});

t.test(
  'a pipeline that does not start is refused with its elements, and does not block the thread',
  async (t) => {
    const pipeline = 'nosuchelement location=rtsp://bob:canary@h/ ! queue ! appsink';
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    const error = await openError(`gst:${pipeline}`).catch((error: Error) => error);
    clearInterval(ticking);
    t.match(error, {
      code,
      message: /GStreamer pipeline .* cannot be opened: .*\(nosuchelement, queue, appsink\)/,
    });
    t.notMatch(error?.message, /canary/);
    t.ok(ticks > 5, `${ticks} timers ran meanwhile`);
  },
);

t.test('a ! within a password does not make an element of what follows', async (t) => {
  const pipeline = 'nosuchelement location=rtsp://bob:x!canary@h/ ! appsink';
  const error = await openError(`gst:${pipeline}`);
  t.match(error.message, /\(nosuchelement, appsink\)/);
  t.notMatch(error.message, /canary/);
});

t.test('a pipeline that is closed while it starts is left at once', async (t) => {
  const source = createFrameSource(parseSource('gst:nosuchelement'));
  const opening = t.rejects(source.open(), { code, message: /closed meanwhile/ });
  await sleep(100);
  const begun = performance.now();
  await source.close();
  await opening;
  t.ok(performance.now() - begun < 1000);
});

t.test('a stream that nobody serves fails at once', async (t) => {
  const begun = performance.now();
  const error = await openError('rtsp://bob:canary@127.0.0.1:1/stream');
  t.match(error, { code, message: /rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/stream .*connection refused/ });
  t.notMatch(`${error.stack} ${String(error.cause)}`, /canary/);
  t.ok(performance.now() - begun < 1000);
});

t.test('a server that accepts and stays silent does not block the thread', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  t.teardown(() => server.close());
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 10);
  const reach = (timeoutMs: number, signal: AbortSignal): Promise<void> => {
    const endpoint = { tls: false, host: '127.0.0.1', port };
    const options = { endpoint, policy: localPolicy, description: 'a camera', timeoutMs, signal };
    return reachEndpoint(`rtsp://bob:canary@127.0.0.1:${port}/s`, options);
  };
  const reaching = reach(300, new AbortController().signal);
  await t.rejects(reaching, { code, message: /does not answer within 300 ms/ });
  clearInterval(ticking);
  t.ok(ticks > 10, `${ticks} timers ran meanwhile`);
  const abort = new AbortController();
  const aborted = reach(60_000, abort.signal);
  abort.abort();
  await t.rejects(aborted, { code, message: /closed meanwhile/ });
});

t.test(
  'a server that answers but has no such stream: neither error nor stderr shows the password',
  async (t) => {
    // In a thread of its own: spawnSync() below holds this one.
    const server = new Worker(
      `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer((socket) => {
       socket.on('error', () => {});
       socket.on('data', (data) => {
         const sequence = /CSeq: *(\\d+)/i.exec(String(data))?.[1] ?? 1;
         const ok = String(data).startsWith('OPTIONS');
         socket.write('RTSP/1.0 ' + (ok ? '200 OK' : '404 Not Found') + '\\r\\nCSeq: ' + sequence + '\\r\\n\\r\\n');
       });
     }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    t.teardown(() => server.terminate());
    const [port] = await once(server, 'message');
    const script = join(t.testdir(), 'open.ts');
    const threads = `--import=${join(import.meta.dirname, '../support/threads-from-source.mjs')}`;
    const camera = join(import.meta.dirname, '../../src/camera');
    writeFileSync(
      script,
      `import { createFrameSource } from '${camera}/create-frame-source.js';
     import { parseSource } from '${camera}/parse-source.js';
     createFrameSource(parseSource('rtsp://bob:canary@127.0.0.1:${port}/none')).open().then(
       () => console.log('opened'),
       (error) => console.log(error.code, error.message, error.stack, error.cause),
     );`,
    );
    const child = spawnSync(process.execPath, ['--import=tsx', threads, script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    t.match(child.stdout, /^CAMERA_OPEN_FAILED .*there is nothing at this path \(404\)/);
    t.notMatch(child.stdout + child.stderr, /canary/);
    t.equal(child.stderr, '', 'FFmpeg prints nothing');
  },
);

/** Debian's OpenCV brings GStreamer's core but not these elements. */
function hasGstreamerElements(): boolean {
  const folders = [
    ...(process.env.GST_PLUGIN_PATH ?? '').split(':').filter((folder) => folder !== ''),
    `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/gstreamer-1.0`,
  ];
  return ['libgstapp.so', 'libgstvideotestsrc.so', 'libgstvideoconvertscale.so'].every((plugin) =>
    folders.some((folder) => existsSync(join(folder, plugin))),
  );
}

t.test('a GStreamer pipeline gives frames', { skip: skipGstreamer() }, async (t) => {
  const source = createFrameSource(
    parseSource(
      'gst:videotestsrc pattern=blue is-live=true ! video/x-raw,width=320,height=240,framerate=50/1',
    ),
  );
  t.teardown(() => source.close());
  await source.open();
  t.match(source.format, { width: 320, height: 240, fps: 50 });
  for (let seq = 0; seq < 10; seq++) {
    const frame = (await source.read()) as Frame;
    t.equal(frame.seq, seq);
    t.strictSame([...frame.pixels().subarray(0, 3)], [255, 0, 0], 'blue comes first');
    frame.release();
  }
  await source.close();
  t.equal(await source.read(), null);
});

t.test('a grey GStreamer picture becomes BGR', { skip: skipGstreamer() }, async (t) => {
  const sink = 'video/x-raw,format=GRAY8,width=64,height=48 ! appsink drop=true max-buffers=1 sync=false';
  const source = createFrameSource(parseSource(`gst:videotestsrc pattern=white ! ${sink}`));
  t.teardown(() => source.close());
  await source.open();
  const frame = (await source.read()) as Frame;
  t.equal(frame.pixels().length, 64 * 48 * 3);
  frame.release();
});
