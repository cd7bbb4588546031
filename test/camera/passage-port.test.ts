import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { FrameSource } from '../../src/camera/frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { startHttpCamera } from '../support/http-camera-thread.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';
import { waitFor } from '../support/wait-for.js';

/** Ports of 127.0.0.1 on which this process listens. */
function ownPorts(): Set<number> {
  const sockets = new Set<string | undefined>();
  for (const file of readdirSync('/proc/self/fd')) {
    try {
      sockets.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(join('/proc/self/fd', file)))?.[1]);
    } catch {
      // It is closed by now.
    }
  }
  const rows = readFileSync('/proc/self/net/tcp', 'latin1').split('\n');
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const listening = fields.filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(inode));
  return new Set(listening.map(([, local = '']) => Number.parseInt(local.slice(-4), 16)));
}

/** Opens a source; returns the port of its passage. */
async function openedPort(source: FrameSource): Promise<number> {
  const before = ownPorts();
  await source.open();
  const ports = [...ownPorts()].filter((port) => !before.has(port));
  if (ports.length !== 1) throw new Error(`${ports.length} ports`);
  return ports[0] as number;
}

/** Reads until a read waits, and returns that one. */
async function waitingRead(source: FrameSource): Promise<{ settled: boolean; done: Promise<unknown> }> {
  for (;;) {
    const read = { settled: false, done: Promise.resolve() as Promise<unknown> };
    read.done = source.read().then(
      (frame) => {
        read.settled = true;
        frame?.release();
      },
      () => {
        read.settled = true;
      },
    );
    await Promise.race([read.done, sleep(700)]);
    if (!read.settled) return read;
  }
}

/** Tries for the port again and again, as anybody on this machine can, and takes what is said there. */
function takeOver(t: Test, port: number, onTaken: () => void): string[] {
  const said: string[] = [];
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        said.push(String(data));
        socket.end('HTTP/1.1 404 None\r\n\r\n');
      });
  });
  let retry: NodeJS.Timeout;
  const attempt = (): unknown => server.listen(port, '127.0.0.1');
  server.on('error', () => {
    retry = setTimeout(attempt, 1);
  });
  server.on('listening', onTaken);
  attempt();
  t.teardown(() => {
    clearTimeout(retry);
    server.close();
  });
  return said;
}

/** Closes a source while it waits for the camera: nobody else has the port until the read is over. */
async function closeWhileReading(t: Test, source: FrameSource): Promise<void> {
  const port = await openedPort(source);
  const read = await waitingRead(source);
  const begun = performance.now();
  await source.close();
  t.ok(performance.now() - begun < 500, 'closing waits for no read');
  let readBefore: boolean | undefined;
  const said = takeOver(t, port, () => {
    readBefore = read.settled;
  });
  await waitFor('the port', () => readBefore !== undefined, 20_000);
  t.ok(readBefore, 'the read was over before the port was free');
  await read.done;
  await sleep(4000);
  t.same(said, [], 'nobody asks there any more');
}

const login = 'bob:c4nary';

t.test('the proxy of an HTTP camera', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir();
  await writeTransportStream(join(folder, 'segment.ts'), { frames: 50, fps: 25 });
  const segment = { body: readFileSync(join(folder, 'segment.ts')) };
  // Live: behind the last segment FFmpeg waits a while, and asks for the playlist again.
  const list = '#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\na.ts\n';
  const camera = await startHttpCamera(
    {
      '/list.m3u8': { body: list, headers: { 'content-type': 'application/vnd.apple.mpegurl' } },
      '/a.ts': segment,
    },
    { credentials: `Basic ${Buffer.from(login).toString('base64')}` },
  );
  t.teardown(() => camera.stop());
  const source = createFrameSource(parseSource(`http://${login}@127.0.0.1:${camera.port}/list.m3u8`));
  await closeWhileReading(t, source);
});

t.test('the relay of an RTSP camera', { timeout: 60_000 }, async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 25, fps: 25 });
  const server = await startRtspServer({ file, seconds: 1, credentials: login });
  t.teardown(() => server.process.kill('SIGKILL'));
  const source = createFrameSource(parseSource(`rtsp://${login}@127.0.0.1:${server.port}/live`));
  t.teardown(() => source.close());
  setTimeout(() => server.process.kill('SIGSTOP'), 2000);
  await closeWhileReading(t, source);
});

t.test(
  'a source that fails to open, or is closed without a read, leaves no port',
  { timeout: 60_000 },
  async (t) => {
    const before = ownPorts().size;
    const camera = await startHttpCamera({
      '/x': { body: 'none', headers: { 'content-type': 'video/mp4' } },
    });
    t.teardown(() => camera.stop());
    const failing = createFrameSource(parseSource(`http://${login}@127.0.0.1:${camera.port}/x`));
    await t.rejects(failing.open(), { code: 'CAMERA_OPEN_FAILED' });
    const file = join(t.testdir(), 'stream.ts');
    await writeTransportStream(file, { frames: 25, fps: 25 });
    const server = await startRtspServer({ file, seconds: 1, credentials: login });
    t.teardown(() => server.process.kill('SIGKILL'));
    const source = createFrameSource(parseSource(`rtsp://${login}@127.0.0.1:${server.port}/live`));
    t.ok((await openedPort(source)) > 0);
    await source.close();
    const early = createFrameSource(parseSource(`rtsp://${login}@127.0.0.1:${server.port}/live`));
    const opening = early.open();
    await early.close();
    await t.rejects(opening, { code: 'CAMERA_OPEN_FAILED', message: /closed meanwhile/ });
    await waitFor('the ports are free', () => ownPorts().size === before + 1, 5000);
    t.pass('but that of the camera');
  },
);
