import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { writeTransportStream } from '../support/transport-stream.js';

/** How long it took, from the last frame on, until the source failed; and why. */
async function silence(source: string, timeoutSeconds: number): Promise<{ seconds: number; reason: string }> {
  const frames = createFrameSource(parseSource(source), { timeoutSeconds });
  let lastMs = Number.NaN;
  try {
    await frames.open();
    for (;;) {
      (await frames.read())?.release();
      lastMs = performance.now();
    }
  } catch (error) {
    return { seconds: (performance.now() - lastMs) / 1000, reason: (error as Error).message };
  } finally {
    await frames.close();
  }
}

t.test('what FFmpeg reads', async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 50, fps: 25 });
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'video/mp2t' }).write(readFileSync(file));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const { seconds, reason } = await silence(`http://127.0.0.1:${port}/`, 1);
  t.ok(seconds < 3.5, `${seconds} s: ${reason}`);
});

t.test('what GStreamer reads', async (t) => {
  const { seconds, reason } = await silence('gst:videotestsrc is-live=true ! video/x-raw,framerate=1/20', 1);
  t.ok(seconds < 3.5, `${seconds} s: ${reason}`);
  t.match(reason, /gave no picture for 1 s/);
});
