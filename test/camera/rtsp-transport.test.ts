import { join } from 'node:path';
import t from 'tap';
import { judgeTransport, rtspTransports } from '../../src/camera/rtsp-transport.js';
import type { SourcePolicy } from '../../src/network/source-policy.js';
import { h264, writeEncodedClip } from '../support/encoded-clip.js';
import { playFile, requireGstreamerServer } from '../support/gstreamer-rtsp-server.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';
import { inOrder, watchSource } from '../support/watch-source.js';

const few = { frames: 30, timeoutMs: 8000 };

t.test('what a camera is asked for', async (t) => {
  const here = { tls: false, remote: false };
  t.same(rtspTransports('auto', here), ['tcp', 'udp', 'udp_multicast']);
  t.same(rtspTransports('tcp', here), ['tcp']);
  t.same(rtspTransports('udp', here), ['udp', 'udp_multicast']);
  t.same(rtspTransports('auto', { ...here, remote: true }), ['tcp', 'udp'], 'no group of another camera');
  t.same(rtspTransports('udp', { ...here, tls: true }), ['tcp'], 'nothing in clear');
});

t.test('a camera that sends by UDP alone', { timeout: 60_000 }, async (t) => {
  const clip = join(t.testdir(), 'clip.mp4');
  await writeEncodedClip(clip, { frames: 200, fps: 25, encoder: h264 });
  const server = { streams: { '/live': playFile(clip, 'h264') }, transports: ['udp'] as const };
  const open = await requireGstreamerServer(t, server);
  const closed = await requireGstreamerServer(t, { ...server, login: 'bob:canary' });
  if (open === undefined || closed === undefined) return;

  await t.test('is read, by auto and by udp, and says what it refuses where only TCP may be', async (t) => {
    const source = `rtsp://127.0.0.1:${open}/live`;
    for (const transport of ['auto', 'udp'] as const) {
      const { frames, error } = await watchSource(source, { ...few, transport });
      t.equal(error, undefined);
      t.ok(inOrder(frames) >= few.frames / 2, `${transport}: ${frames.map(({ number }) => number)}`);
    }
    const { error } = await watchSource(source, { ...few, transport: 'tcp' });
    t.match(error, {
      code: 'CAMERA_OPEN_FAILED',
      message: /it refuses RTSP over TCP \(461\): set transport: auto or udp$/,
    });
  });

  await t.test('is read through the guard, with a login', async (t) => {
    const { frames, error } = await watchSource(`rtsp://bob:canary@127.0.0.1:${closed}/live`, few);
    t.equal(error, undefined);
    t.ok(inOrder(frames) >= few.frames / 2, `${frames.map(({ number }) => number)}`);
    const wrong = await watchSource(`rtsp://bob:wrong@127.0.0.1:${closed}/live`, few);
    t.match(wrong.error, { message: /user or password is wrong \(401\)/ }, 'that is still said');
  });

  await t.test('of a remote document sends from where such cameras may be alone', async (t) => {
    const policy = (host: string): SourcePolicy => ({ remote: true, hosts: [{ host, allow_remote: true }] });
    const source = `rtsp://127.0.0.1:${open}/live`;
    const allowed = await watchSource(source, { ...few, policy: policy('127.0.0.1') });
    t.equal(allowed.frames.length, few.frames);
    // The port of the control connection alone: reports would go to others.
    const { error, frames } = await watchSource(source, { ...few, policy: policy(`127.0.0.1:${open}`) });
    t.equal(frames.length, 0);
    t.match(error, {
      code: 'CAMERA_OPEN_FAILED',
      message: /a port that is not allowed to a camera of a remote/,
    });
  });
});

t.test('a camera that sends by multicast alone', { timeout: 60_000 }, async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 50, fps: 25 });
  const server = await startRtspServer({ file, seconds: 2, multicastGroup: '239.255.77.7' });
  t.teardown(() => server.process.kill('SIGKILL'));
  const source = `rtsp://127.0.0.1:${server.port}/live`;
  const { frames, error } = await watchSource(source, few);
  t.equal(error, undefined);
  t.equal(frames.length, few.frames);
  const policy: SourcePolicy = { remote: true, hosts: [{ host: '127.0.0.1', allow_remote: true }] };
  const remote = await watchSource(source, { ...few, policy });
  t.match(
    remote.error,
    { message: /it refuses RTSP over TCP, UDP \(461\)$/ },
    'a remote document joins no group',
  );
});

t.test('a camera names no other address, and no port of the system', async (t) => {
  const asked = {
    transports: ['tcp', 'udp', 'udp_multicast'] as const,
    endpoint: { tls: false, host: 'camera.example', port: 554 },
    policy: { remote: false, hosts: [] },
    address: '192.0.2.7',
  };
  const told: [string, string][] = [
    ['RTP/AVP/TCP;unicast;interleaved=0-1', 'RTP/AVP/TCP;unicast;interleaved=0-1'],
    [
      'RTP/AVP;unicast;client_port=8826-8827;server_port=44428-44429;ssrc=AD938F95;mode="PLAY"',
      'RTP/AVP;unicast;source=192.0.2.7;server_port=44428-44429',
    ],
    ['rtp/avp/udp;unicast;server_port=6970', 'RTP/AVP;unicast;source=192.0.2.7;server_port=6970-6971'],
    [
      'RTP/AVP/UDP;unicast;source=127.0.0.1;destination=127.0.0.1;server_port=5000-9',
      'RTP/AVP;unicast;source=192.0.2.7;server_port=5000-5001',
    ],
    [
      'RTP/AVP;multicast;destination=239.1.2.3;ttl=200;port=35000-35001;source=10.0.0.1',
      'RTP/AVP;multicast;destination=239.1.2.3;port=35000-35001;ttl=1',
    ],
  ];
  for (const [answer, transport] of told) t.same(judgeTransport(answer, asked), { transport }, answer);
  const refused = [
    'RTP/AVP;unicast',
    'RTP/AVP;unicast;server_port=53-54',
    'RTP/AVP;unicast;server_port=70000',
    'RTP/AVP;unicast;server_port=65535',
    'RTP/AVP;unicast;server_port=6970,RTP/AVP/TCP;interleaved=0-1',
    'RTP/AVP;multicast;port=35000-35001',
    'RTP/AVP;multicast;destination=127.0.0.1;port=35000',
    'RTP/AVP;multicast;destination=224.0.0.251;port=5353',
    'RTP/AVP;multicast;destination=239.1.2.3;port=53',
    'RTP/AVP;multicast;destination=localhost;port=35000',
    'RAW/RAW/UDP;unicast;server_port=6970',
    'x-real-rdt/udp;server_port=6970',
    '',
  ];
  for (const answer of refused) t.match(judgeTransport(answer, asked), { refusal: /./ }, answer);
  const udp = 'RTP/AVP;unicast;server_port=6970-6971';
  t.match(judgeTransport(udp, { ...asked, transports: ['tcp'] }), { refusal: /was not asked for/ });
  t.match(judgeTransport(udp, { ...asked, address: '2001:db8::7' }), { refusal: /IPv6/ });
});
