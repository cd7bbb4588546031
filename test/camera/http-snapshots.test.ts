import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createReconnectingSource } from '../../src/camera/create-frame-source.js';
import type { Frame } from '../../src/camera/frame-source.js';
import { HttpStreamSource } from '../../src/camera/http-stream-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import type { CameraStatus } from '../../src/camera/reconnecting-source.js';
import { readNumber } from '../support/numbered-picture.js';
import { ServerLogin } from '../support/server-login.js';
import { SnapshotServer } from '../support/snapshot-server.js';
import { waitFor } from '../support/wait-for.js';

t.jobs = 3;

async function serve(t: Test): Promise<SnapshotServer> {
  const server = await new SnapshotServer().start();
  t.teardown(() => server.stop());
  return server;
}

interface Options {
  readonly fps?: number;
  readonly timeoutSeconds?: number;
  readonly login?: string;
}

async function open(t: Test, server: SnapshotServer, options: Options = {}): Promise<HttpStreamSource> {
  const { login, ...rest } = options;
  const url = login === undefined ? server.url : server.url.replace('//', `//${login}@`);
  const source = new HttpStreamSource({ url, ...rest });
  t.teardown(() => source.close());
  await source.open();
  return source;
}

function numberOf(frame: Frame): number {
  const number = readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height });
  frame.release();
  return number;
}

interface Seen {
  readonly seq: number;
  readonly number: number;
  readonly capturedAt: number;
}

/** So many frames; fewer where the source is closed before. */
async function take(source: HttpStreamSource, count: number): Promise<Seen[]> {
  const frames: Seen[] = [];
  while (frames.length < count) {
    const frame = await source.read();
    if (frame === null) break;
    const { seq, capturedAt } = frame;
    frames.push({ seq, number: numberOf(frame), capturedAt });
  }
  await source.close();
  return frames;
}

/** Until the source is closed or fails. */
async function readAll(source: HttpStreamSource): Promise<void> {
  for (let frame = await source.read(); frame; frame = await source.read()) frame.release();
}

/** The frames of a while. */
async function collect(source: HttpStreamSource, ms: number): Promise<Seen[]> {
  const end = setTimeout(() => void source.close(), ms);
  const frames = await take(source, Number.POSITIVE_INFINITY);
  clearTimeout(end);
  return frames;
}

/** Each frame's number is its seq: no picture was lost uncounted or came twice. One that is replaced by a newer one counts. */
function areCounted(frames: readonly Seen[]): boolean {
  return frames.every(({ seq, number }, i) => seq === number && seq > (frames[i - 1]?.seq ?? -1));
}

t.test('it is asked at its rate, over one connection, and each picture is a frame', async (t) => {
  const server = await serve(t);
  const source = await open(t, server, { fps: 20 });
  t.match(source.format, { encoding: 'MJPG' });
  const frames = await collect(source, 1500);
  t.ok(frames.length >= 5 && frames.length <= 31, `20 fps for 1.5 s: ${frames.length} frames`);
  t.ok(areCounted(frames), JSON.stringify(frames));
  const errors = frames.map(({ number, capturedAt }) =>
    Math.abs(capturedAt - (server.made.get(number) ?? 0)),
  );
  const worst = Math.max(...errors);
  t.ok(worst < 250, `capture times are right within ${Math.round(worst)} ms`);
  t.equal(server.connections, 1);
  t.equal(server.mostAtOnce, 1);
  const { length } = server.requests;
  t.ok(length >= 12 && length <= 32, `${length} requests`);
});

t.test('without a rate it is asked twice a second', async (t) => {
  const server = await serve(t);
  const frames = await collect(await open(t, server), 1700);
  const { length } = server.requests;
  t.ok(length >= 3 && length <= 4 && frames.length >= 2, `${length} requests in 1.7 s`);
});

t.test('a slow camera is asked at its own pace, one request at a time', async (t) => {
  const server = await serve(t);
  server.delayMs = 250;
  const frames = await collect(await open(t, server, { fps: 50 }), 1600);
  t.ok(areCounted(frames) && frames.length >= 2 && frames.length <= 7, `${frames.length} frames`);
  t.equal(server.mostAtOnce, 1);
  const steps = server.requests.slice(1).map(({ at }, i) => at - (server.requests[i]?.at ?? 0));
  t.ok(Math.min(...steps) >= 245, `asked ${steps.map(Math.round)} ms after it was asked before`);
  // Between when it was made and when its answer came nobody knows better.
  const late = frames.map(({ number, capturedAt }) => capturedAt - (server.made.get(number) ?? 0));
  t.ok(
    late.every((ms) => ms >= 0 && ms < 500),
    `captured ${late.map(Math.round)} ms after it was made`,
  );
});

t.test('a camera that closes each connection is asked over new ones', async (t) => {
  const server = await serve(t);
  server.closes = true;
  const frames = await take(await open(t, server, { fps: 20 }), 6);
  t.ok(areCounted(frames), JSON.stringify(frames));
  t.equal(server.connections, server.requests.length);
});

t.test('the same picture is no new frame, by its bytes, its tag or its time', async (t) => {
  const long = { 'last-modified': 'Mon, 30 Nov 2026 10:00:00 GMT', date: 'Mon, 30 Nov 2026 10:01:00 GMT' };
  const kinds: Record<string, (number: number) => Record<string, string>> = {
    bytes: () => ({}),
    etag: (number) => ({ etag: `"${number}"` }),
    time: (number) => ({ ...long, 'last-modified': `Mon, 30 Nov 2026 10:00:0${number % 10} GMT` }),
  };
  for (const [kind, validator] of Object.entries(kinds)) {
    const server = await serve(t);
    server.validator = validator;
    server.frozen = true;
    const source = await open(t, server, { fps: 40 });
    setTimeout(() => {
      server.frozen = false;
    }, 400);
    setTimeout(() => {
      server.frozen = true;
    }, 640);
    const frames = await collect(source, 1000);
    t.ok(areCounted(frames), JSON.stringify(frames));
    t.equal(frames[0]?.seq, 0);
    // Of 16 polls the picture was the same, of 10 another each time, and of 14 the same again.
    t.ok(frames.length >= 3 && frames.length <= 13, `${kind}: ${frames.length} pictures in 1 s`);
    t.ok(server.requests.length >= 2 * frames.length, `${server.requests.length} requests`);
    const unchanged = server.answered.filter((status) => status === 304).length;
    if (kind === 'bytes') t.equal(unchanged, 0);
    else t.ok(unchanged >= frames.length, `${kind}: ${unchanged} answers without the picture`);
  }
});

t.test('tags and times that never change do not freeze a camera', async (t) => {
  const lies = await serve(t);
  lies.validator = () => ({ etag: '"camera"' });
  await take(await open(t, lies, { fps: 50 }), 12);
  const unchanged = lies.answered.filter((status) => status === 304).length;
  t.equal(unchanged, 10, 'the tag is believed so often and never again');
  const young = await serve(t);
  young.validator = () => ({
    'last-modified': 'Mon, 30 Nov 2026 10:00:00 GMT',
    date: 'Mon, 30 Nov 2026 10:00:01 GMT',
  });
  await take(await open(t, young, { fps: 50 }), 4);
  t.notOk(young.answered.includes(304), 'a time that may hold for two pictures is not believed at all');
});

t.test('Basic and Digest, over one connection', async (t) => {
  const digest = (algorithm: string, qop: 'auth' | '' = 'auth') => ({ algorithm, qop });
  const kinds = {
    Basic: ['Basic' as const],
    MD5: [digest('MD5')],
    'MD5 without qop': [digest('MD5', '')],
    'MD5-sess': [digest('MD5-sess')],
    'SHA-256': ['Basic' as const, digest('MD5'), digest('SHA-256')],
  };
  for (const [kind, demands] of Object.entries(kinds)) {
    const server = await serve(t);
    server.login = new ServerLogin({ credentials: 'bob:c4nary', demands, nonceUses: 5 });
    const frames = await take(await open(t, server, { fps: 30, login: 'bob:c4nary' }), 12);
    t.ok(areCounted(frames), kind);
    t.equal(server.connections, 1);
    const [first, ...others] = server.login.heard;
    t.equal(first, '-', 'nothing is said before it is asked for');
    t.ok(others.every((header) => header.startsWith(kind === 'Basic' ? 'Basic ' : 'Digest ')));
    if (kind === 'Basic') continue;
    t.notMatch(others.join(), /c4nary/);
    t.ok(server.login.stale >= 2, `${server.login.stale} nonces ran out, and no frame was lost over it`);
    const pictures = server.made.size + server.login.stale;
    t.ok(others.length === pictures, `each cost one request: ${others.length} for ${pictures}`);
    if (kind === 'SHA-256') t.ok(others.every((header) => header.includes('algorithm=SHA-256')));
  }
});

t.test('a wrong password is told at once, and not tried on and on', async (t) => {
  const demands = [{ algorithm: 'MD5', qop: 'auth' as const }];
  const server = await serve(t);
  server.login = new ServerLogin({ credentials: 'bob:right', demands });
  const error = await open(t, server, { login: 'bob:c4nary' }).catch((error: Error) => error);
  t.match(error, {
    code: 'CAMERA_OPEN_FAILED',
    message: /answered 401 Unauthorized \(check user and password\)/,
  });
  t.notMatch((error as Error).stack, /c4nary/);
  t.equal(server.requests.length, 2);
  const none = await open(t, server).catch((error: Error) => error);
  t.match(none, { message: /answered 401/ });
  t.equal(server.requests.length, 3, 'without a login there is no second try');
  server.login = new ServerLogin({
    credentials: 'bob:right',
    demands: [{ algorithm: 'SHA-1', qop: 'auth' }],
  });
  const odd = await open(t, server, { login: 'bob:right' }).catch((error: Error) => error);
  t.match(odd, { message: /demands another kind of login than Basic and Digest/ });
});

t.test('a camera that is busy, or sends a torn or empty picture, is asked again', async (t) => {
  const server = await serve(t);
  const oddities = [
    undefined,
    { status: 503, body: Buffer.from('busy') },
    undefined,
    { length: 5000, body: Buffer.from('torn') },
    undefined,
    { body: Buffer.alloc(0) },
    { type: 'text/html', body: Buffer.from('<p>wait</p>') },
    { body: Buffer.from('no JPEG') },
  ];
  server.odd = (request) => oddities[request];
  const source = await open(t, server, { fps: 10 });
  const frames = await collect(source, 4500);
  t.same(
    frames.slice(0, 6).map(({ number }) => number),
    [0, 1, 2, 3, 4, 5],
  );
  t.same(
    frames.slice(0, 5).map(({ seq }) => seq),
    [0, 1, 2, 4, 5],
    'what was no JPEG counts as one that was not seen',
  );
});

t.test('one that gives no picture any more is told with the reason', async (t) => {
  const fails = async (
    t: Test,
    change: (server: SnapshotServer) => unknown,
    message: RegExp,
    withinMs: number,
  ) => {
    const server = await serve(t);
    const source = await open(t, server, { fps: 20, timeoutSeconds: 1 });
    (await source.read())?.release();
    await change(server);
    const begun = performance.now();
    await t.rejects(readAll(source), { code: /CAMERA_(READ|OPEN)_FAILED/, message }, String(message));
    const ms = performance.now() - begun;
    t.ok(ms < withinMs, `after ${Math.round(ms)} ms`);
  };
  const odd = (answer: ReturnType<SnapshotServer['odd']>) => (server: SnapshotServer) => {
    server.odd = () => answer;
  };
  await fails(t, odd({ status: 404 }), /answered 404/, 300);
  await fails(t, odd({ status: 503 }), /answered 503/, 2500);
  await fails(t, odd({ type: 'text/html' }), /content type is text\/html/, 2500);
  await fails(t, odd({ body: Buffer.from('no JPEG') }), /no JPEG/, 2500);
  await fails(t, (server) => server.stop(), /refused|closed the connection/, 2500);
  const hang = (server: SnapshotServer) => {
    server.delayMs = 60_000;
  };
  await fails(t, hang, /no answer within 1000 ms/, 2500);
});

t.test('one whose picture became no JPEG is told, also to whoever reads only then', async (t) => {
  const server = await serve(t);
  const source = await open(t, server, { fps: 20, timeoutSeconds: 1 });
  (await source.read())?.release();
  server.odd = () => ({ body: Buffer.from('no JPEG') });
  const { length } = server.answered;
  await waitFor('some of it', () => server.answered.length > length + 3, 5000);
  await t.rejects(readAll(source), { code: 'CAMERA_READ_FAILED', message: /no JPEG/ });
});

t.test('one whose picture stays the same is online for as long as it answers', async (t) => {
  const server = await serve(t);
  server.frozen = true;
  const statuses: CameraStatus[] = [];
  const source = createReconnectingSource(
    parseSource(server.url),
    { fps: 20, timeoutSeconds: 1 },
    { onStatus: (status) => statuses.push(status) },
  );
  t.teardown(() => source.close());
  await source.open();
  (await source.read())?.release();
  const next = source.read();
  await sleep(2500);
  t.same(
    statuses.map(({ state }) => state),
    ['connecting', 'online'],
  );
  server.frozen = false;
  t.equal(numberOf((await next) as Frame), 1);
});

t.test('close ends it at once, and it asks no more', async (t) => {
  const server = await serve(t);
  server.delayMs = 100;
  const source = await open(t, server, { fps: 50 });
  (await source.read())?.release();
  const reading = source.read();
  const begun = performance.now();
  await source.close();
  (await reading)?.release();
  t.ok(performance.now() - begun < 200);
  await waitFor('the connection is gone', () => server.answered.length === server.requests.length, 2000);
  const { length } = server.requests;
  await sleep(300);
  t.equal(server.requests.length, length);
});

t.test('a redirect to elsewhere is followed for each picture, without the login', async (t) => {
  const other = await serve(t);
  const server = await serve(t);
  const login = new ServerLogin({ credentials: 'bob:c4nary', demands: [{ algorithm: 'MD5', qop: 'auth' }] });
  server.login = login;
  const { url } = other;
  server.validator = () => ({ location: url });
  server.odd = () => ({ status: 302 });
  const frames = await take(await open(t, server, { fps: 20, login: 'bob:c4nary' }), 4);
  t.equal(frames.length, 4);
  t.ok(login.heard.length > frames.length, 'the camera was logged in to');
  t.same(
    other.requests.filter(({ headers }) => headers.authorization !== undefined),
    [],
  );
});
