import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { basename, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import t, { type Test } from 'tap';
import { CaptureProcess } from '../../src/camera/capture-process.js';
import type { SourcePolicy } from '../../src/network/source-policy.js';
import { absent } from '../support/absent.js';
import { h264, writeEncodedClip } from '../support/encoded-clip.js';
import { freePort } from '../support/free-port.js';
import { TestCertificates } from '../support/test-certificates.js';
import { waitFor } from '../support/wait-for.js';
import { inOrder, type Watched, watchSource } from '../support/watch-source.js';

const fps = 25;
const few = { frames: 50, timeoutMs: 15_000 };
const remote: SourcePolicy = { remote: true, hosts: [] };

const protocols = spawnSync('ffmpeg', ['-hide_banner', '-protocols'], { encoding: 'utf8' }).stdout ?? '';
const clip = join(t.testdir(), 'clip.mp4');
if (/^ *rtmp$/m.test(protocols)) {
  await writeEncodedClip(clip, { frames: 500, fps, encoder: [...h264, '-g', '25'] });
  await testAll();
} else absent(t, 'ffmpeg with RTMP on the PATH');

/** FFmpeg that sends the clip in its own time, until the test ends. */
function send(t: Test, ...output: readonly string[]): void {
  const child = spawn('ffmpeg', [
    '-loglevel',
    'quiet',
    '-nostdin',
    '-re',
    '-i',
    clip,
    '-c',
    'copy',
    ...output,
  ]);
  t.teardown(() => child.kill('SIGKILL'));
}

/** A sender may need a moment to listen. */
async function watchUntilThere(source: string, options: object = {}): Promise<Watched> {
  let watched: Watched = { frames: [] };
  await waitFor(
    'frames',
    async () => {
      watched = await watchSource(source, { ...few, ...options });
      return watched.frames.length > 0;
    },
    15_000,
  ).catch(() => {});
  return watched;
}

function assertFlows(t: Test, { frames, error }: Watched): void {
  t.equal(error, undefined);
  t.equal(frames.length, few.frames);
  const inRow = inOrder(frames);
  t.ok(inRow >= few.frames / 2, `${inRow} of ${few.frames} follow the one before`);
}

async function testAll(): Promise<void> {
  t.test('RTMP, with and without a way to it', { timeout: 60_000 }, async (t) => {
    const port = await freePort();
    send(t, '-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${port}/live/door`);
    assertFlows(t, await watchUntilThere(`rtmp://127.0.0.1:${port}/live/door`));
    const nobody = await watchSource(`rtmp://127.0.0.1:${await freePort()}/live/door`, few);
    t.match(nobody.error, {
      code: 'CAMERA_OPEN_FAILED',
      message: /nothing listens on 127\.0\.0\.1:\d+ \(conn/,
    });
    const barred = await watchSource(`rtmp://127.0.0.1:${port}/live/door`, { ...few, policy: remote });
    t.match(barred.error, { code: 'CAMERA_ADDRESS_BLOCKED' });
  });

  t.test('RTMP over TLS, from a server that proves itself', { timeout: 60_000 }, async (t) => {
    const certificates = new TestCertificates();
    t.teardown(() => certificates.remove());
    const authority = certificates.authority('cameras');
    const { cert, key } = certificates.issue('camera', { by: authority, subject: 'IP:127.0.0.1' });
    const inner = await freePort();
    // At once, as a camera sends: what is collected on the way comes in bursts.
    const identity = { cert: readFileSync(cert), key: readFileSync(key), noDelay: true };
    const server = createTlsServer(identity, (client) => {
      const camera = connect({ port: inner, host: '127.0.0.1', noDelay: true });
      for (const socket of [client, camera]) socket.on('error', () => {});
      client.pipe(camera).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const source = `rtmps://127.0.0.1:${(server.address() as AddressInfo).port}/live/door`;
    const unknown = await watchSource(source, few);
    t.match(unknown.error, { code: 'CAMERA_UNPROVEN' });
    send(t, '-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${inner}/live/door`);
    const hosts = [{ host: '127.0.0.1', ca_file: authority.cert, allow_remote: false }];
    assertFlows(t, await watchUntilThere(source, { policy: { remote: false, hosts } }));
  });

  t.test('SRT, in clear and encrypted', { timeout: 60_000, skip: !/^ *srt$/m.test(protocols) }, async (t) => {
    const [plain, secret] = [await freePort(), await freePort()];
    send(t, '-f', 'mpegts', `srt://127.0.0.1:${plain}?mode=listener`);
    assertFlows(t, await watchUntilThere(`srt://127.0.0.1:${plain}`));
    const passphrase = 'c4nary & c4nary';
    const encoded = passphrase.replaceAll(' ', '+').replace('&', '%26');
    send(t, '-f', 'mpegts', '-passphrase', passphrase, `srt://127.0.0.1:${secret}?mode=listener`);
    const wrong = await watchSource(`srt://127.0.0.1:${secret}?passphrase=wrong-c4nary`, few);
    t.match(wrong.error, { code: 'CAMERA_OPEN_FAILED', message: /nobody answers by SRT, or it refuses/ });
    t.notMatch(wrong.error?.message, /c4nary/);
    send(t, '-f', 'mpegts', '-passphrase', passphrase, `srt://127.0.0.1:${secret}?mode=listener`);
    assertFlows(t, await watchUntilThere(`srt://127.0.0.1:${secret}?passphrase=${encoded}&mode=caller`));
    const barred = await watchSource(`srt://localhost:${plain}`, { ...few, policy: remote });
    t.match(barred.error, { code: 'CAMERA_ADDRESS_BLOCKED' });
  });

  t.test('a live HLS playlist flows as it was taken, not in bursts', { timeout: 60_000 }, async (t) => {
    const folder = t.testdir();
    const flags = ['-hls_time', '1', '-hls_list_size', '4', '-hls_flags', 'delete_segments'];
    send(t, '-f', 'hls', ...flags, join(folder, 'index.m3u8'));
    // As many servers do, it knows no media types.
    const server = createServer((request, response) => {
      readFile(join(folder, basename(request.url ?? ''))).then(
        (body) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.closeAllConnections());
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    await waitFor(
      'segments',
      () =>
        readFile(join(folder, 'index2.ts')).then(
          () => true,
          () => false,
        ),
      15_000,
    );
    const watched = await watchSource(`http://127.0.0.1:${port}/index.m3u8`, few);
    assertFlows(t, watched);
    const gaps = watched.frames.slice(1).map(({ readMs }, i) => readMs - (watched.frames[i]?.readMs ?? 0));
    t.ok(Math.max(...gaps) < 800, `longest gap ${Math.max(...gaps).toFixed(0)} ms`);
    const span = (watched.frames.at(-1)?.readMs ?? 0) - (watched.frames[0]?.readMs ?? 0);
    t.ok(span > 1500, `${few.frames} frames in ${span.toFixed(0)} ms`);
  });

  t.test('a protocol that FFmpeg was built without is called that', async (t) => {
    const spec = { body: 'ffmpeg' as const, url: 'nosuch://127.0.0.1/live', protocols: 'nosuch' };
    const reason = await new Promise((resolve) => {
      const process = new CaptureProcess(spec, 3, { onFormat() {}, onPicture() {}, onEnd: resolve });
      t.teardown(() => process.leave());
    });
    t.equal(reason, 'the FFmpeg of this machine was built without nosuch://');
  });
}
