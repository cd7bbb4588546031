import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { HttpCamera } from '../../src/camera/http-camera.js';
import { openHttpStream } from '../../src/camera/http-stream.js';
import { parseSource } from '../../src/camera/parse-source.js';
import type { AgentError } from '../../src/errors.js';
import type { SourcePolicy } from '../../src/network/source-policy.js';
import { startHttpCamera } from '../support/http-camera-thread.js';
import { writeNumberedClip } from '../support/numbered-picture.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { TestCertificates } from '../support/test-certificates.js';
import { writeTransportStream } from '../support/transport-stream.js';
import { waitFor } from '../support/wait-for.js';

const certificates = new TestCertificates();
t.teardown(() => certificates.remove());
const authority = certificates.authority('cameras');
const { cert, key } = certificates.issue('camera', { by: authority, subject: 'IP:127.0.0.1' });
const policy: SourcePolicy = {
  remote: false,
  hosts: [{ host: '127.0.0.1', ca_file: authority.cert, allow_remote: false }],
};

/** A server that redirects to what `location` gives, and who logged in there with what. */
async function redirecting(t: Test, secure: boolean, location: (path: string) => string | undefined) {
  const logins: (string | undefined)[] = [];
  const answer = (
    { url = '', headers }: IncomingMessage,
    response: import('node:http').ServerResponse,
  ): void => {
    logins.push(headers.authorization);
    if (headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    const target = location(url);
    if (target === undefined) response.writeHead(404).end();
    else response.writeHead(302, { location: target }).end();
  };
  const pem = { cert: readFileSync(cert), key: readFileSync(key) };
  const server: Server = secure ? createHttpsServer(pem, answer) : createHttpServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { logins, at: `127.0.0.1:${port}`, origin: `${secure ? 'https' : 'http'}://127.0.0.1:${port}` };
}

t.test('a login goes to the very origin that it is for', async (t) => {
  const other = await redirecting(t, false, () => undefined);
  const secure = await redirecting(t, true, (path) =>
    path === '/here' ? '/end' : path === '/end' ? undefined : `${other.origin}/x`,
  );
  const open = async (address: string): Promise<void> => {
    const camera = new HttpCamera({ address, policy, signal: new AbortController().signal });
    await openHttpStream(camera, 2000).catch(() => {});
    camera.close();
  };
  await open(`https://bob:c4nary@${secure.at}/away`);
  t.match(secure.logins, [undefined, /^Basic/], 'where it is demanded');
  t.same(other.logins, [undefined], 'from https to http, and to another port: not even where it is demanded');
  await open(`https://bob:c4nary@${secure.at}/here`);
  t.match(secure.logins.slice(2), [undefined, /^Basic/, /^Basic/], 'on the same origin it goes along');
  // The host is spelled alike, and both have the default port of their scheme: 80 is not 443.
  const [plain, tls] = [new URL('http://camera/x'), new URL('https://camera/')];
  t.equal(plain.host, tls.host);
  t.not(plain.origin, tls.origin);
});

t.test('FFmpeg behind the guard: redirects without a login, TLS proved', { timeout: 60_000 }, async (t) => {
  const file = join(t.testdir(), 'clip.mp4');
  await writeNumberedClip(file, 10, 25);
  const clip = { body: readFileSync(file), headers: { 'content-type': 'video/mp4' } };
  const other = await startHttpCamera({ '/clip.mp4': clip });
  t.teardown(() => other.stop());
  const digest = 'bob:c4nary';
  const camera = await startHttpCamera(
    {
      '/clip.mp4': clip,
      '/here': { location: '/clip.mp4' },
      '/away': { location: `http://127.0.0.1:${other.port}/clip.mp4` },
    },
    { digest },
  );
  t.teardown(() => camera.stop());
  for (const path of ['clip.mp4', 'here', 'away']) {
    const source = createFrameSource(parseSource(`http://${digest}@127.0.0.1:${camera.port}/${path}`));
    await source.open();
    t.ok(await source.read().then((frame) => frame?.release() ?? true), path);
    await source.close();
  }
  t.ok((await camera.requests()).some((line) => /Digest/.test(line)));
  const elsewhere = await other.requests();
  t.ok(elsewhere.length > 0, 'the other server was asked');
  t.same(
    elsewhere.filter((line) => !line.endsWith(' -')),
    [],
    'without a login',
  );
});

t.test('FFmpeg reads over https through the guard, playlists too', { timeout: 60_000 }, async (t) => {
  const folder = t.testdir();
  await writeTransportStream(join(folder, 'segment.ts'), { frames: 50, fps: 25 });
  await writeNumberedClip(join(folder, 'clip.mp4'), 10, 25);
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const segments = await startHttpCamera(
    { '/segment.ts': { body: readFileSync(join(folder, 'segment.ts')) } },
    { tls },
  );
  t.teardown(() => segments.stop());
  const uri = `https://127.0.0.1:${segments.port}/segment.ts`;
  const camera = await startHttpCamera(
    {
      '/clip.mp4': { body: readFileSync(join(folder, 'clip.mp4')), headers: { 'content-type': 'video/mp4' } },
      '/list.m3u8': {
        headers: { 'content-type': 'application/vnd.apple.mpegurl' },
        body: `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${uri}\n#EXT-X-ENDLIST\n`,
      },
    },
    { tls, digest: 'bob:c4nary' },
  );
  t.teardown(() => camera.stop());
  const open = async (path: string, of: SourcePolicy): Promise<string> => {
    const address = `https://bob:c4nary@127.0.0.1:${camera.port}/${path}`;
    const source = createFrameSource(parseSource(address), { policy: of });
    try {
      await source.open();
      (await source.read())?.release();
      return 'a picture';
    } catch (error) {
      return (error as AgentError).code;
    } finally {
      await source.close();
    }
  };
  t.equal(await open('clip.mp4', policy), 'a picture');
  t.equal(await open('list.m3u8', policy), 'a picture');
  const ca_file = authority.cert;
  const half = { remote: false, hosts: [{ host: `127.0.0.1:${camera.port}`, ca_file, allow_remote: false }] };
  const before = (await segments.requests()).length;
  t.equal(await open('list.m3u8', half), 'CAMERA_UNPROVEN', 'the host of the segments proves itself, too');
  t.equal((await segments.requests()).length, before);
  t.ok(
    (await segments.requests()).every((line) => line.endsWith(' -')),
    'and gets no login',
  );
});

t.test(
  'a proxy of the environment is not used, nor an exception from ours',
  { timeout: 60_000 },
  async (t) => {
    const names = ['http_proxy', 'no_proxy'] as const;
    const before = names.map((name) => process.env[name]);
    process.env.http_proxy = 'http://127.0.0.1:1';
    process.env.no_proxy = '*';
    t.teardown(() => {
      names.forEach((name, i) => {
        delete process.env[name];
        if (before[i] !== undefined) process.env[name] = before[i];
      });
    });
    const file = join(t.testdir(), 'clip.mp4');
    await writeNumberedClip(file, 10, 25);
    const inner = await startHttpCamera({
      '/clip.mp4': { body: readFileSync(file), headers: { 'content-type': 'video/mp4' } },
    });
    t.teardown(() => inner.stop());
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:${inner.port}/clip.mp4\n#EXT-X-ENDLIST\n`;
    const camera = await startHttpCamera({
      '/': { body: playlist, headers: { 'content-type': 'application/vnd.apple.mpegurl' } },
    });
    t.teardown(() => camera.stop());
    const hosts = [{ host: `127.0.0.1:${camera.port}`, allow_remote: true }];
    const source = createFrameSource(parseSource(`http://127.0.0.1:${camera.port}/`), {
      policy: { remote: true, hosts },
    });
    await t.rejects(source.open(), { code: 'CAMERA_ADDRESS_BLOCKED' });
    t.same(await inner.requests(), []);
  },
);

t.test('an RTSP camera may redirect to another path of its own', { timeout: 60_000 }, async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 25, fps: 25 });
  const options = { file, seconds: 1, credentials: 'bob:canary' };
  const first = await startRtspServer(options);
  const { port } = first;
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  const server = await startRtspServer({ ...options, port, location: `rtsp://127.0.0.1:${port}/moved` });
  t.teardown(() => server.process.kill('SIGKILL'));
  const source = createFrameSource(parseSource(`rtsp://bob:canary@127.0.0.1:${port}/live`));
  await source.open();
  t.match(source.format, { width: 256 });
  await source.close();
  const described = () => server.requests.some((request) => /^DESCRIBE rtsp:\/\/[^ ]*\/moved/.test(request));
  await waitFor('a request for the other path', described, 5000);
});
