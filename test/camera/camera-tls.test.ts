import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { requestCamera } from '../../src/camera/request-camera.js';
import { AgentError } from '../../src/errors.js';
import type { CameraHost } from '../../src/network/source-policy.js';
import { reached } from '../support/fault-figure.js';
import { encodedAsJpeg } from '../support/mjpeg-server.js';
import { numberedPicture } from '../support/numbered-picture.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { type CertificateFiles, TestCertificates } from '../support/test-certificates.js';
import { writeTransportStream } from '../support/transport-stream.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'unproven_camera';
const login = 'bob:c4nary';
/** What was sent, in whatever form, to a server that had not proved itself. */
let leaks = 0;
let refused = 0;

const certificates = new TestCertificates();
t.teardown(() => certificates.remove());
const authority = certificates.authority('cameras');
const selfSigned = certificates.authority('camera');
const good = certificates.issue('good', { by: authority, subject: 'IP:127.0.0.1' });
const misnamed = certificates.issue('misnamed', { by: authority, subject: 'DNS:camera.example' });
const expired = certificates.issue('expired', { by: authority, subject: 'IP:127.0.0.1', days: -1 });

/** A camera that remembers what it was sent. */
interface Camera {
  source: string;
  sent: () => string;
}

async function rtsps(t: Test, tls: CertificateFiles, file: string): Promise<Camera> {
  const server = await startRtspServer({ file, seconds: 1, credentials: login, tls });
  t.teardown(() => server.process.kill('SIGKILL'));
  return { source: `rtsps://${login}@127.0.0.1:${server.port}/live`, sent: () => server.requests.join('\n') };
}

async function https(t: Test, tls: CertificateFiles): Promise<Camera> {
  const requests: string[] = [];
  const jpeg = await encodedAsJpeg(numberedPicture(1));
  const answer: RequestListener = ({ url, headers }, response) => {
    requests.push(`${url} ${JSON.stringify(headers)}`);
    if (headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    response.write(`--frame\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    response.write(Buffer.concat([jpeg, Buffer.from('\r\n--frame\r\n')]));
  };
  const pem = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  const server = createServer(pem, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { source: `https://${login}@127.0.0.1:${port}/stream`, sent: () => requests.join('\n') };
}

/** Undefined where the camera gave a picture. */
async function openError(source: string, host?: Omit<CameraHost, 'host' | 'allow_remote'>) {
  const hosts = host === undefined ? [] : [{ host: '127.0.0.1', allow_remote: false, ...host }];
  const frames = createFrameSource(parseSource(source), { policy: { remote: false, hosts } });
  try {
    await frames.open();
    (await frames.read())?.release();
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  } finally {
    await frames.close();
  }
}

t.test('a camera proves itself before it is sent anything', { timeout: 110_000 }, async (t) => {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames: 25, fps: 25 });
  const kinds = {
    rtsps: (tls: CertificateFiles) => rtsps(t, tls, file),
    https: (tls: CertificateFiles) => https(t, tls),
  };
  for (const [kind, start] of Object.entries(kinds)) {
    const own = await start(selfSigned);
    const signed = await start(good);
    const wrong: [Camera, Parameters<typeof openError>[1], RegExp][] = [
      [own, undefined, /does not prove its name \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
      [signed, undefined, /does not prove its name \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/],
      [own, { ca_file: authority.cert }, /does not prove its name/],
      [await start(misnamed), { ca_file: authority.cert }, /ERR_TLS_CERT_ALTNAME_INVALID/],
      [await start(expired), { ca_file: authority.cert }, /CERT_HAS_EXPIRED/],
      [signed, { fingerprint: '0'.repeat(64) }, /is not the one of camera_hosts/],
      [signed, { ca_file: '/absent/ca.pem' }, /\/absent\/ca\.pem, does not exist/],
    ];
    let fingerprint = '';
    for (const [{ source }, host, message] of wrong) {
      const error = await openError(source, host);
      t.match(error, { code: 'CAMERA_UNPROVEN', message }, `${kind}: ${message}`);
      t.notMatch(error?.message, /c4nary/);
      refused += Number(error?.code === 'CAMERA_UNPROVEN');
      fingerprint ||=
        /SHA-256 fingerprint that was seen is ([0-9a-f]{64})/.exec(error?.message ?? '')?.[1] ?? '';
    }
    await sleep(300); // what the cameras saw is on its way
    leaks += wrong.filter(([{ sent }]) => sent() !== '').length;
    t.equal(await openError(own.source, { fingerprint }), undefined, `${kind}: pinned as the message says`);
    t.equal(
      await openError(signed.source, { ca_file: authority.cert }),
      undefined,
      `${kind}: its authority is known`,
    );
    await waitFor('a login', () => own.sent().includes('Basic'), 5000);
    t.match(own.sent(), /Basic Ym9iOmM0bmFyeQ==/, 'then it gets the login');
  }
  reached(t, { fault, what: 'cameras that did not prove themselves, refused', value: refused, exactly: 14 });
  reached(t, { fault, what: 'of them sent anything', value: leaks, exactly: 0 });
});

t.test('no variable switches the check off', async (t) => {
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  const { source, sent } = await https(t, selfSigned);
  t.match(await openError(source), { code: 'CAMERA_UNPROVEN' });
  t.equal(sent(), '');
  const url = new URL(source);
  const endpoint = { tls: true, host: '127.0.0.1', port: Number(url.port) };
  const policy = { remote: false, hosts: [] };
  const rest = {
    url,
    headers: {},
    description: 'a camera',
    timeoutMs: 1000,
    signal: new AbortController().signal,
  };
  await t.rejects(requestCamera({ endpoint, policy, ...rest }), { code: 'CAMERA_UNPROVEN' });
});
