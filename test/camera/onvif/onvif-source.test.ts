import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createFrameSource, type SourceOptions } from '../../../src/camera/create-frame-source.js';
import { parseSource } from '../../../src/camera/parse-source.js';
import { readNumber } from '../../support/numbered-picture.js';
import { type OnvifCameraOptions, startOnvifCamera } from '../../support/onvif-camera.js';
import { type RtspServer, startRtspServer } from '../../support/rtsp-server.js';
import { writeTransportStream } from '../../support/transport-stream.js';

const fps = 25;
const frames = 50;
const input = { width: 456, height: 256 };

const profiles = [
  { token: 'p1', name: 'mainStream', encoding: 'H264', width: 2688, height: 1520, fps, path: '/main' },
  {
    token: 'p2',
    name: 'sub & "ström"',
    encoding: 'H264',
    width: 640,
    height: 360,
    fps,
    path: '/sub?a=1&b=[2]',
  },
  {
    token: 'p3',
    name: 'slow',
    encoding: 'H264',
    width: 480,
    height: 270,
    fps: 20,
    interval: 10,
    path: '/slow',
  },
  { token: 'p4', name: 'small', encoding: 'H264', width: 320, height: 180, fps, path: '/small' },
  { token: 'p5', name: 'jpeg', encoding: 'JPEG', width: 480, height: 270, fps, path: '/jpeg' },
];

async function startStream(t: Test, credentials?: string): Promise<RtspServer> {
  const file = join(t.testdir(), 'stream.ts');
  await writeTransportStream(file, { frames, fps });
  const login = credentials === undefined ? {} : { credentials };
  const server = await startRtspServer({ file, seconds: frames / fps, ...login });
  t.teardown(() => server.process.kill('SIGKILL'));
  return server;
}

async function startCamera(t: Test, options: Omit<OnvifCameraOptions, 'profiles'>) {
  const camera = await startOnvifCamera({ profiles, ...options });
  t.teardown(() => camera.stop());
  return camera;
}

/** The paths that were asked to be described, in their order. */
function described({ requests }: RtspServer): string[] {
  return requests.flatMap((text) => /^DESCRIBE rtsp:\/\/[^/]*(\S*)/.exec(text)?.[1] ?? []);
}

/** The numbers of the first pictures. */
async function readNumbers(source: string, count: number, options: SourceOptions = {}): Promise<number[]> {
  const camera = createFrameSource(parseSource(source), { input, ...options });
  const numbers: number[] = [];
  try {
    await camera.open();
    while (numbers.length < count) {
      const frame = await camera.read();
      if (frame === null) break;
      numbers.push(readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height }));
      frame.release();
    }
    return numbers;
  } finally {
    await camera.close();
  }
}

t.test(
  'a camera behind a router whose clock is off is read, at the stream that fits',
  { timeout: 60_000 },
  async (t) => {
    const stream = await startStream(t, 'bob:can@ary');
    const camera = await startCamera(t, {
      streamPort: stream.port,
      login: { username: 'bob', password: 'can@ary' },
      clockOffsetMs: -17 * 60_000,
      ownHost: '10.255.255.1',
    });
    const source = `onvif://bob:can%40ary@127.0.0.1:${camera.port}/`;
    const numbers = await readNumbers(source, 40);
    t.equal(numbers.length, 40);
    // A busy machine passes some over: of those that wait the newest is read.
    const steps = numbers.slice(1).map((number, i) => (number - (numbers[i] as number) + frames) % frames);
    t.ok(
      steps.every((step) => step >= 1 && step < frames / 2),
      `${numbers}`,
    );
    t.same(
      new Set(described(stream)),
      new Set(['/sub?a=1&b=[2]']),
      'the smallest that is large and fast enough',
    );
    t.same(camera.requests, [
      'GetSystemDateAndTime none',
      'GetServices token',
      'GetProfiles token',
      'GetStreamUri token',
    ]);
    const open = createFrameSource(parseSource(source));
    t.equal(open.description, `onvif://***@127.0.0.1:${camera.port}/`);
  },
);

t.test('every way in which cameras log in and name their services', { timeout: 60_000 }, async (t) => {
  const login = { username: 'bob', password: 'can@ary' };
  const variants: Record<string, [Partial<OnvifCameraOptions>, requests: string[]]> = {
    'HTTP Digest': [
      { login, authentication: 'digest' },
      ['none', 'token', 'digest', 'digest', 'digest'].map((proof, index) => {
        const operations = [
          'GetSystemDateAndTime',
          'GetServices',
          'GetServices',
          'GetProfiles',
          'GetStreamUri',
        ];
        return `${operations[index]} ${proof}`;
      }),
    ],
    'version 2 alone, a clock that is ahead': [
      { login, media: 'version 2', clockOffsetMs: 5 * 3_600_000 },
      ['GetSystemDateAndTime none', 'GetServices token', 'GetProfiles token', 'GetStreamUri token'],
    ],
    'both versions': [
      { login, media: 'both' },
      ['GetSystemDateAndTime none', 'GetServices token', 'GetProfiles token', 'GetStreamUri token'],
    ],
    'before GetServices': [
      { login, media: 'capabilities' },
      [
        'GetSystemDateAndTime none',
        'GetServices token',
        'GetCapabilities token',
        'GetProfiles token',
        'GetStreamUri token',
      ],
    ],
    'no login': [
      {},
      ['GetSystemDateAndTime none', 'GetServices none', 'GetProfiles none', 'GetStreamUri none'],
    ],
  };
  for (const [name, [options, requests]] of Object.entries(variants)) {
    await t.test(name, async (t) => {
      const stream = await startStream(t, options.login === undefined ? undefined : 'bob:can@ary');
      const camera = await startCamera(t, { streamPort: stream.port, ...options });
      const user = options.login === undefined ? '' : 'bob:can%40ary@';
      t.equal((await readNumbers(`onvif://${user}127.0.0.1:${camera.port}`, 5)).length, 5);
      t.same(camera.requests, requests);
    });
  }
});

t.test('the profile may be named, by name or token', { timeout: 60_000 }, async (t) => {
  const stream = await startStream(t);
  const camera = await startCamera(t, { streamPort: stream.port });
  const at = `onvif://127.0.0.1:${camera.port}/`;
  const named: [profile: string, path: string][] = [
    ['mainStream', '/main'],
    ['sub%20%26%20%22str%C3%B6m%22', '/sub?a=1&b=[2]'],
    ['p4', '/small'],
  ];
  for (const [profile, path] of named) {
    stream.requests.length = 0;
    t.equal((await readNumbers(`${at}?profile=${profile}`, 2)).length, 2);
    t.same(new Set(described(stream)), new Set([path]));
  }
  await t.rejects(readNumbers(`${at}?profile=Main`, 1), {
    code: 'CAMERA_OPEN_FAILED',
    message: /no profile of that name; it has mainStream, sub & "ström", slow, small, jpeg$/,
  });
  const remote = { policy: { remote: true, hosts: [{ host: '127.0.0.1', allow_remote: true }] } };
  await t.rejects(readNumbers(`${at}?profile=Main`, 1, remote), { message: /no profile of that name$/ });
});

t.test('the rate that is wanted decides, too', { timeout: 60_000 }, async (t) => {
  const stream = await startStream(t);
  const camera = await startCamera(t, { streamPort: stream.port });
  await readNumbers(`onvif://127.0.0.1:${camera.port}/`, 1, { fps: 1 });
  t.same(new Set(described(stream)), new Set(['/slow']));
});

t.test('its stream comes by the transport that is wanted', { timeout: 60_000 }, async (t) => {
  const stream = await startStream(t);
  const camera = await startCamera(t, { streamPort: stream.port });
  // The server sends over TCP alone: it is how it was asked that counts.
  await readNumbers(`onvif://127.0.0.1:${camera.port}/`, 1, { transport: 'udp' }).catch(() => []);
  t.ok(
    stream.requests.some(
      (text) => text.startsWith('SETUP ') && text.includes('Transport: RTP/AVP/UDP;unicast;client_port'),
    ),
    stream.requests.join('\n'),
  );
});

t.test('a login that is refused is said so, and is not in the message', async (t) => {
  for (const authentication of ['token', 'digest'] as const) {
    const login = { username: 'bob', password: 'right' };
    const camera = await startCamera(t, { streamPort: 1, login, authentication });
    for (const user of ['bob:canary@', 'canary:right@', '']) {
      const failure = await readNumbers(`onvif://${user}127.0.0.1:${camera.port}/`, 1).catch(
        (error) => error,
      );
      t.equal(failure.code, 'CAMERA_OPEN_FAILED');
      t.match(failure.message, /it refuses the request \(check user and password\)$/);
      t.notMatch(failure.message, /canary|right/);
    }
    t.ok(camera.requests.every((request) => !request.startsWith('GetStreamUri')));
  }
});

t.test('who reads no ONVIF camera does not load what it needs', async (t) => {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const script = `
    await import('./src/camera/create-frame-source.ts');
    await import('./src/worker/worker.ts');
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) => /[/]sax[/]/.test(path)).length);
    await import('./src/camera/onvif/xml-reader.ts');
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) => /[/]sax[/]/.test(path)).length);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import=tsx',
    '--input-type=module',
    '-e',
    script,
  ]);
  t.equal(stdout, '0\n1\n');
});
