import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { connectCamera } from '../../src/camera/connect-camera.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import type { AgentError } from '../../src/errors.js';
import type { SourcePolicy } from '../../src/network/source-policy.js';
import { reached } from '../support/fault-figure.js';
import { type Answer, startHttpCamera } from '../support/http-camera-thread.js';
import { writeNumberedClip } from '../support/numbered-picture.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';

const fault = 'remote_source';
const sum = { tried: 0, requests: 0, told: 0 };

/** A remote camera's policy: of this machine it may reach these ports alone. */
function remote(...ports: number[]): SourcePolicy {
  return { remote: true, hosts: ports.map((port) => ({ host: `127.0.0.1:${port}`, allow_remote: true })) };
}

/** Undefined where the source gave a picture. */
async function openError(source: string, policy: SourcePolicy): Promise<AgentError | undefined> {
  const frames = createFrameSource(parseSource(source), { policy });
  try {
    await frames.open();
    (await frames.read())?.release();
    return undefined;
  } catch (error) {
    return error as AgentError;
  } finally {
    await frames.close();
  }
}

/** A server on this machine that nobody has allowed: whoever asks it has broken out. */
async function startInner(t: Test, answers: Record<string, Answer> = {}) {
  const inner = await startHttpCamera({ '/': { body: 'inner' }, ...answers });
  t.teardown(() => inner.stop());
  return inner;
}

async function video(t: Test, name: string): Promise<Buffer> {
  const file = join(t.testdir(), name);
  if (name.endsWith('.ts')) await writeTransportStream(file, { frames: 50, fps: 25 });
  else await writeNumberedClip(file, 10, 25);
  return readFileSync(file);
}

function count(error: AgentError | undefined, requests: number): void {
  sum.tried++;
  sum.requests += requests;
  // What a server says that a remote document may name is no secret of this machine.
  sum.told += Number(/ECONN|refused|answered|inner/.test(error?.message ?? ''));
}

t.test('this machine by its addresses and names', async (t) => {
  const inner = await startInner(t);
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const ownAddress =
    own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ];
  const more = [
    '0.0.0.0',
    '[::]',
    'localhost',
    'LOCALHOST.',
    'cam.localhost',
    ownAddress,
    `[::ffff:${ownAddress}]`,
  ];
  const elsewhere = [
    '169.254.169.254',
    '[fe80::1]',
    '224.0.0.1',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
  ];
  for (const host of [...hosts, ...more, ...elsewhere]) {
    for (const scheme of ['http', 'https', 'rtsp', 'rtsps']) {
      const error = await openError(`${scheme}://${host}:${inner.port}/`, remote());
      t.match(
        error,
        { code: 'CAMERA_ADDRESS_BLOCKED', message: /its address is not allowed/ },
        `${scheme}://${host}`,
      );
      count(error, 0);
    }
  }
  const requests = await inner.requests();
  t.same(requests, []);
  sum.requests += requests.length;
});

t.test('a name that leads to this machine, and one that leads elsewhere the next time', async (t) => {
  const inner = await startInner(t);
  const endpoint = { tls: false, host: 'camera.example', port: inner.port };
  const rest = { endpoint, description: 'a camera', timeoutMs: 1000, signal: new AbortController().signal };
  const answers = [
    ['192.168.7.7', '127.0.0.1'],
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
  ];
  for (const addresses of answers) {
    const resolve = async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const error = await connectCamera({ ...rest, policy: remote(), resolve }).catch((error) => error);
    t.match(error, {
      code: 'CAMERA_ADDRESS_BLOCKED',
      message: 'a camera cannot be opened: its address is not allowed',
    });
    count(error, 0);
  }
  // Looked up once for a connection: what was judged is what is connected to.
  let lookups = 0;
  const rebinding = async () => [{ address: lookups++ === 0 ? '192.0.2.1' : '127.0.0.1', family: 4 }];
  const policy = remote();
  const first = connectCamera({ ...rest, policy, resolve: rebinding, timeoutMs: 200 });
  await t.rejects(first, { code: 'CAMERA_OPEN_FAILED' });
  t.equal(lookups, 1);
  await t.rejects(connectCamera({ ...rest, policy, resolve: rebinding }), { code: 'CAMERA_ADDRESS_BLOCKED' });
  const named = { remote: true, hosts: [{ host: 'camera.example', allow_remote: true }] };
  const socket = await connectCamera({ ...rest, policy: named, resolve: rebinding });
  t.ok(socket, 'the local file may allow a name');
  socket.destroy();
  t.same(await inner.requests(), []);
});

t.test('redirects of an HTTP camera, seen here and by FFmpeg', { timeout: 100_000 }, async (t) => {
  const inner = await startInner(t);
  const clip = await video(t, 'clip.mp4');
  const targets = [
    `http://127.0.0.1:${inner.port}/`,
    `http://localhost:${inner.port}/`,
    `//127.0.0.1:${inner.port}/`,
  ];
  for (const location of targets) {
    const camera = await startHttpCamera({ '/': { location }, '/clip.mp4': { body: clip } });
    t.teardown(() => camera.stop());
    const error = await openError(`http://127.0.0.1:${camera.port}/`, remote(camera.port));
    t.match(error, { code: 'CAMERA_ADDRESS_BLOCKED' }, location);
    count(error, 0);
  }
  // Digest is FFmpeg's matter, and so are the redirects behind it.
  const digest = 'bob:c4nary';
  const camera = await startHttpCamera(
    {
      '/moved': { location: targets[0] as string },
      '/clip.mp4': { body: clip, headers: { 'content-type': 'video/mp4' } },
    },
    { digest },
  );
  t.teardown(() => camera.stop());
  const at = `http://${digest}@127.0.0.1:${camera.port}`;
  t.equal(await openError(`${at}/clip.mp4`, remote(camera.port)), undefined, 'Digest goes through the guard');
  const error = await openError(`${at}/moved`, remote(camera.port));
  t.match(error, { code: 'CAMERA_ADDRESS_BLOCKED' });
  count(error, 0);
  const requests = await inner.requests();
  t.same(requests, []);
  sum.requests += requests.length;
});

t.test('playlists of HLS', { timeout: 100_000 }, async (t) => {
  const segment = await video(t, 'segment.ts');
  const inner = await startInner(t, { '/segment.ts': { body: segment } });
  const list = (uri: string): Answer => ({
    headers: { 'content-type': 'application/vnd.apple.mpegurl' },
    body: `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\n${uri}\n#EXT-X-ENDLIST\n`,
  });
  const uris = [`http://127.0.0.1:${inner.port}/segment.ts`, `https://127.0.0.1:${inner.port}/segment.ts`];
  const camera = await startHttpCamera({
    '/good.m3u8': list('segment.ts'),
    '/http.m3u8': list(uris[0] as string),
    '/https.m3u8': list(uris[1] as string),
    '/moved.m3u8': list('moved.ts'),
    '/file.m3u8': list('file:///etc/hostname'),
    '/rtsp.m3u8': list(`rtsp://127.0.0.1:${inner.port}/`),
    '/tcp.m3u8': list(`tcp://127.0.0.1:${inner.port}`),
    '/moved.ts': { location: uris[0] as string },
    '/segment.ts': { body: segment },
  });
  t.teardown(() => camera.stop());
  const at = (name: string) => `http://127.0.0.1:${camera.port}/${name}.m3u8`;
  t.equal(await openError(at('good'), remote(camera.port)), undefined, 'its own segments are read');
  for (const name of ['http', 'https', 'moved', 'file', 'rtsp', 'tcp']) {
    const error = await openError(at(name), remote(camera.port));
    t.ok(error, name);
    count(error, 0);
  }
  const requests = await inner.requests();
  t.same(requests, []);
  sum.requests += requests.length;
});

t.test('redirects of an RTSP camera', { timeout: 100_000 }, async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 25, fps: 25 });
  const start = async (location?: string) => {
    const options = { file, seconds: 1, credentials: 'bob:c4nary' };
    const server = await startRtspServer(location === undefined ? options : { ...options, location });
    t.teardown(() => server.process.kill('SIGKILL'));
    return server;
  };
  const inner = await start();
  const port = inner.port;
  const camera = await start(`rtsp://127.0.0.1:${port}/inner`);
  const source = `rtsp://bob:c4nary@127.0.0.1:${camera.port}/live`;
  for (const policy of [remote(camera.port, port), { remote: false, hosts: [] }]) {
    const error = await openError(source, policy);
    const where = policy.remote
      ? /another address, which is not followed/
      : /rtsp:\/\/127\.0\.0\.1:\d+\/inner, which/;
    t.match(error, { code: 'CAMERA_REDIRECTED', message: where });
    if (policy.remote) count(error, 0);
  }
  await sleep(300); // what the servers saw is on its way
  t.ok(
    camera.requests.some((request) => request.includes('Authorization')),
    'the camera itself was logged in at',
  );
  t.same(inner.requests, [], 'nobody came, with or without a login');
  sum.requests += inner.requests.length;
});

t.test('nothing on this machine was asked, and nothing told', async (t) => {
  reached(t, { fault, what: 'attempts to reach this machine', value: sum.tried, atLeast: 80 });
  reached(t, { fault, what: 'requests that came through', value: sum.requests, exactly: 0 });
  reached(t, { fault, what: 'reasons that tell what answered', value: sum.told, exactly: 0 });
});
