import { chmodSync } from 'node:fs';
import t, { type Test } from 'tap';
import { type CaptureEvents, type CaptureFormat, CaptureProcess } from '../../src/camera/capture-process.js';

/** A camera has taken it over: what it says is what `url` of its spec is as JavaScript. */
const program = `#!${process.execPath}
process.stdin.once('data', (spec) => {
  const say = (text) => process.stdout.write(text);
  const forEver = (text) => { while (require('node:fs').writeSync(1, text)); };
  process.stdin.pause();
  eval(String(spec).split('\\0')[3]);
});
`;

process.env.EDGE_POSE_NATIVE_DIR = t.testdir({ 'pose-capture': program });
chmodSync(`${process.env.EDGE_POSE_NATIVE_DIR}/pose-capture`, 0o755);

interface Told {
  formats: CaptureFormat[];
  decoded: number;
  ends: number;
  reason: string;
}

async function whatItTells(
  t: Test,
  body: 'ffmpeg' | 'jpeg',
  lies: string,
  work?: (process: CaptureProcess) => void,
): Promise<Told> {
  const told: Told = { formats: [], decoded: 0, ends: 0, reason: '' };
  let capture: CaptureProcess | undefined;
  const events: CaptureEvents = {
    onFormat: (format) => told.formats.push(format),
    onPicture: () => {},
    onOver: () => {
      told.ends++;
    },
    onDecoded: () => {
      told.decoded++;
      if (capture) work?.(capture);
    },
    onEnd: () => {},
  };
  const end = new Promise<string>((resolve) => {
    events.onEnd = resolve;
  });
  capture = new CaptureProcess({ body, url: lies }, 4, events);
  t.teardown(() => capture?.leave());
  work?.(capture);
  told.reason = await end;
  return told;
}

for (const word of ['', 'picture', 'alive', 'format 64 48 25 h264']) {
  t.test(`a process that says ${JSON.stringify(word)} for ever is ended`, async (t) => {
    const { reason } = await whatItTells(t, 'ffmpeg', `forEver(${JSON.stringify(`${word}\n`)}.repeat(4096))`);
    t.match(reason, /said too much and was ended/);
  });
}

t.test('a line without an end is ended, too', async (t) => {
  const { reason } = await whatItTells(t, 'ffmpeg', "forEver('x'.repeat(65536))");
  t.match(reason, /said too much and was ended/);
});

t.test('pictures do not pile up for a process that does not read them', async (t) => {
  const jpeg = Buffer.alloc(2 ** 20);
  const send = (capture: CaptureProcess): void => capture.send({ jpeg, seq: 0, capturedMs: 0 }, undefined);
  const { decoded, reason } = await whatItTells(t, 'jpeg', "setInterval(say, 5, 'decoded\\n')", send);
  t.match(reason, /tells of what it has not read and was ended/);
  t.equal(decoded, 0);
});

t.test('a process that reads a camera does not switch off who watches it', async (t) => {
  const { decoded, reason } = await whatItTells(t, 'ffmpeg', "say('decoded\\n'); setInterval(() => {}, 1e6)");
  t.match(reason, /hung for 5 s and was ended/);
  t.equal(decoded, 0);
});

t.test('what it says of itself is plain text, and no size is believed', async (t) => {
  const lies = [
    'format NaN 48 25 h264',
    'format 64 1e999 25 h264',
    'format -64 48 25 h264',
    'format 64.5 48 25 h264',
    'format 64 48 Infinity h264',
    'format 64 48 -1 h264',
    'format',
    'format 64 48 25 h264 -1',
    'format 64 48 25 \u001b[31m\u202e',
    'ended',
    `failed \u001b]0;title\u0007 ${'x'.repeat(50_000)}`,
  ];
  const { formats, ends, reason } = await whatItTells(
    t,
    'ffmpeg',
    `say(${JSON.stringify(`${lies.join('\n')}\n`)}); setTimeout(() => process.exit(1), 200)`,
  );
  t.same(formats, [{ width: 64, height: 48, fps: 25, encoding: '[31m', frames: 0 }]);
  t.equal(ends, 0, 'a live camera has no end');
  t.match(reason, /^\]0;title +x+…$/);
  t.ok(reason.length <= 200);
});
