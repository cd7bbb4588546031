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
import { startRawServer } from '../support/raw-server-thread.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { TestCertificates } from '../support/test-certificates.js';
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
    for (const scheme of ['http', 'https', 'rtsp', 'rtsps', 'rtmp', 'rtmps', 'srt']) {
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

t.test('formats and names by which FFmpeg asks past its proxy', { timeout: 100_000 }, async (t) => {
  const inner = await startInner(t);
  const away: Answer = { location: `http://127.0.0.1:${inner.port}/` };
  const type = { 'content-type': 'application/octet-stream' };
  const answers = {
    '/list': { headers: type, body: 'ffconcat version 1.0\nfile part.mp4\n' },
    '/part.mp4': away,
    '/picture%d.jpg': { headers: type, body: 'none' },
    '/picture0.jpg': away,
    '/picture*.jpg': { headers: type, body: 'none' },
  };
  const sdp = `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nm=video ${inner.port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`;
  const camera = await startHttpCamera({ ...answers, '/sdp': { headers: type, body: sdp } });
  t.teardown(() => camera.stop());
  for (const name of ['list', 'picture%d.jpg', 'picture*.jpg', 'sdp']) {
    const error = await openError(`http://127.0.0.1:${camera.port}/${name}`, remote(camera.port));
    t.match(error, { code: 'CAMERA_OPEN_FAILED', message: /FFmpeg finds no video in it/ }, name);
    count(error, 0);
  }
  const requests = await camera.requests();
  t.notOk(
    requests.some((request) => /part|picture0/.test(request)),
    'what they name is not asked for',
  );
  t.same(await inner.requests(), []);
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

/** What a server of the network may say of itself, wherever a text of its own goes. */
const sayings = (text: string, port: number): Record<string, string> => {
  const http = (status: string, ...fields: string[]): string =>
    [`HTTP/1.1 ${status}`, ...fields, 'Connection: close', '', text].join('\r\n');
  const rtsp = (status: string, ...fields: string[]): string =>
    [`RTSP/1.0 ${status}`, 'CSeq: 1', ...fields, '', ''].join('\r\n');
  const type = (value: string, body = ''): string => `${http('200 OK', `Content-Type: ${value}`)}${body}`;
  const location = (value: string): string => http('302 Found', `Location: ${value}`);
  const list = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,${text}\nhttps://${text}.invalid/${text}\n`;
  return {
    '/refused': http(`403 ${text}`, `Server: ${text}`),
    '/login': http(`401 ${text}`, `WWW-Authenticate: Basic realm="${text}"`),
    '/digest': http(`401 ${text}`, `WWW-Authenticate: Digest realm="${text}", nonce="${text}"`),
    '/none': http(`${400 + text.length} ${text}`),
    '/fault': http(`${500 + text.length} ${text}`),
    '/page': type(`text/html; title=${text}`),
    '/text': type(`text/${text}`),
    '/json': type(`application/json; ${text}`),
    '/other': type(`${text}/${text}`),
    '/video': type(`video/mp4; ${text}`, text),
    '/boundary': type(`multipart/x-mixed-replace; boundary=${text.repeat(100)}`),
    '/part': type('multipart/x-mixed-replace; boundary=b', `--b\r\n${text}: ${text}\r\n\r\n${text}\r\n--b--`),
    '/list': type('application/vnd.apple.mpegurl', list),
    '/scheme': location(`${text}://${text}/`),
    '/nowhere': location(`http://[${text}`),
    '/name': location(`http://${text}.invalid/${text}`),
    '/closed': location(`http://127.0.0.1:1/${text}`),
    '/here': location(`http://${text}@127.0.0.1:${port}/${text}?${text}#${text}`),
    '/path': location(`/refused?${text}`),
    '/inner': location(`http://localhost/${text}`),
    '/again': location(`/again?${text}`),
    '/greeting': `SSH-2.0-${text}\r\n`,
    '/status': `HTTP/1.1 ${text}\r\n\r\n`,
    '/rtsp-refused': rtsp(`403 ${text}`, `Server: ${text}`),
    '/rtsp-login': rtsp(`401 ${text}`, `WWW-Authenticate: Basic realm="${text}"`),
    '/rtsp-none': rtsp(`404 ${text}`),
    '/rtsp-fields': rtsp('200 OK', text),
    '/rtsp-moved': rtsp('302 Found', `Location: rtsp://${text}.invalid/${text}`),
    '/rtsp-described': rtsp('200 OK', `Content-Type: ${text}`, 'Content-Length: 0'),
    '/rtsp-greeting': `SSH-2.0-${text}\r\n\r\n`,
    '*': http(`404 ${text}`),
  };
};

/** What is told of each of them: code and reason, with what differs by itself left out. */
async function told(t: Test, text: string, remoteOne: boolean): Promise<Map<string, string>> {
  const server = await startRawServer(sayings(text, 0));
  t.teardown(() => server.stop());
  const { port } = server;
  const redirecting = await startRawServer(sayings(text, port));
  t.teardown(() => redirecting.stop());
  const ports = [port, redirecting.port, 1];
  const policy = remoteOne ? remote(...ports) : { remote: false, hosts: [] };
  const reasons = new Map<string, string>();
  for (const path of Object.keys(sayings(text, 0)).filter((path) => path !== '*')) {
    const scheme = path.startsWith('/rtsp-') ? 'rtsp' : 'http';
    const error = await openError(`${scheme}://bob:c4nary@127.0.0.1:${redirecting.port}${path}`, policy);
    t.ok(error, path);
    reasons.set(
      path,
      `${error?.code} ${error?.message}`.replaceAll(`127.0.0.1:${redirecting.port}`, 'camera'),
    );
  }
  return reasons;
}

t.test('what a server says of itself is not told of a remote camera', { timeout: 100_000 }, async (t) => {
  const [some, others] = ['s3rial9981', 't0ken'];
  const reasons = await told(t, some, true);
  t.same(await told(t, others, true), reasons, 'it is the same whatever the server says');
  for (const [path, reason] of reasons) t.notMatch(reason, some, path);
  // No more either of which paths there are.
  for (const path of ['/none', '/fault', '/page', '/text', '/json', '/boundary']) {
    t.equal(reasons.get(path)?.replace(path, ''), reasons.get('/none')?.replace('/none', ''), path);
  }
  t.match(reasons.get('/refused'), /it refuses the request \(check user and password\)/);
  const local = await told(t, some, false);
  t.match(local.get('/refused'), `the server answered 403 ${some} (check user and password)`);
  t.match(local.get('/page'), `it is no video but text/html; title=${some}`);
  t.match(local.get('/other'), `its content type is ${some}/${some}`);
  t.match(local.get('/scheme'), `it redirects to ${some}:`);
  t.match(local.get('/name'), `its host name ${some}.invalid cannot be resolved`);
});

t.test('the names in a certificate are not told either', async (t) => {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const authority = certificates.authority('s3rial9981 authority');
  const { cert, key } = certificates.issue('s3rial9981', {
    by: authority,
    subject: 'DNS:s3rial9981.internal',
  });
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const camera = await startHttpCamera({}, { tls });
  t.teardown(() => camera.stop());
  for (const trust of [{}, { ca_file: authority.cert }]) {
    const hosts = [{ host: `127.0.0.1:${camera.port}`, allow_remote: true, ...trust }];
    for (const scheme of ['https', 'rtsps']) {
      const error = await openError(`${scheme}://127.0.0.1:${camera.port}/`, { remote: true, hosts });
      t.equal(error?.code, 'CAMERA_UNPROVEN');
      t.notMatch(error?.message.replaceAll(authority.cert, ''), /s3rial9981/);
    }
  }
});

t.test('nothing on this machine was asked, and nothing told', async (t) => {
  reached(t, { fault, what: 'attempts to reach this machine', value: sum.tried, atLeast: 80 });
  reached(t, { fault, what: 'requests that came through', value: sum.requests, exactly: 0 });
  reached(t, { fault, what: 'reasons that tell what answered', value: sum.told, exactly: 0 });
});
