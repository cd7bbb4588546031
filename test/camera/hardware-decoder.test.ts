import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CaptureProcess } from '../../src/camera/capture-process.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { writeTransportStream } from '../support/transport-stream.js';

// Words are cut at 200 characters, and a test's own folder has a long name.
const folder = mkdtempSync(join(tmpdir(), 'dri-'));
t.teardown(() => rmSync(folder, { recursive: true }));
for (const name of ['stream', 'file', 'null', 'cards', 'empty']) mkdirSync(join(folder, name));
writeFileSync(join(folder, 'file/renderD128'), 'no device');
writeFileSync(join(folder, 'cards/card0'), '');
symlinkSync('/dev/null', join(folder, 'null/renderD128'));

const file = join(folder, 'stream/clip.ts');
await writeTransportStream(file, { frames: 50, fps: 25 });
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'video/mp2t' }).write(readFileSync(file));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
t.teardown(() => {
  server.close();
  server.closeAllConnections();
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** What a process says until its first picture, or its end, with the graphics units of `nodes`. */
async function capture(decoder: string, nodes: string): Promise<{ said: string[]; end: string | undefined }> {
  const said: string[] = [];
  let process: CaptureProcess | undefined;
  const spec = {
    body: 'ffmpeg' as const,
    url,
    protocols: 'http,tcp',
    decoder,
    render_nodes: join(folder, nodes),
  };
  const end = await new Promise<string | undefined>((resolve) => {
    process = new CaptureProcess(spec, 4, {
      onFormat() {},
      onDecoder: (name, why) => said.push(`${name} ${why}`.trim()),
      onPicture: () => resolve(undefined),
      onEnd: resolve,
    });
  });
  await process?.leave();
  return { said, end };
}

for (const nodes of ['nowhere', 'empty', 'cards']) {
  t.test(`without a graphics unit (${nodes}) the CPU decodes, or it is said what is missing`, async (t) => {
    t.same(await capture('auto', nodes), { said: ['software'], end: undefined });
    t.same(await capture('software', nodes), { said: ['software'], end: undefined });
    const { said, end } = await capture('vaapi', nodes);
    t.same(said, []);
    t.match(end, /^VAAPI cannot decode it: there is no graphics unit .*, or set decoder: auto$/);
    t.match(end, `${join(folder, nodes)}/renderD*`);
  });
}

t.test('a file that is no device is not taken for one', async (t) => {
  const { said, end } = await capture('auto', 'file');
  t.equal(end, undefined, 'the CPU decodes');
  t.match(said, [/^software .*renderD128 is no device/]);
  t.match((await capture('vaapi', 'file')).end, /renderD128 is no device: .*, or set decoder: auto$/);
});

t.test('nor is a device for which no driver loads', async (t) => {
  const { said, end } = await capture('auto', 'null');
  t.equal(end, undefined, 'the CPU decodes');
  t.match(said, [
    'vaapi',
    /^software .*renderD128 has no driver for VAAPI that works: install intel-media-va/,
  ]);
  t.match((await capture('vaapi', 'null')).end, /no driver for VAAPI that works/);
  t.same(await capture('software', 'null'), { said: ['software'], end: undefined }, 'it is not looked for');
});

t.test(
  'a camera says who decodes it',
  { skip: existsSync('/dev/dri') && 'there may be a GPU' },
  async (t) => {
    const notices: string[] = [];
    const onNotice = (text: string): void => {
      notices.push(text);
    };
    const camera = createFrameSource(parseSource(url), { onNotice });
    t.teardown(() => camera.close());
    await camera.open();
    t.equal(camera.format?.decoder, 'software');
    t.same(notices, [], 'a machine without a graphics unit is nothing to tell of');
    const asked = createFrameSource(parseSource(url), { decoder: 'vaapi' });
    t.teardown(() => asked.close());
    await t.rejects(asked.open(), {
      code: 'CAMERA_OPEN_FAILED',
      message: /no video in it that VAAPI can decode: `pose-agent doctor` .*, or set decoder: auto$/,
    });
  },
);
