import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { runAgent } from '../support/agent-process.js';

const blazepose = { model: { id: 'blazepose-lite' } };
const folder = mkdtempSync(join(tmpdir(), 'tools-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('annotate writes a clip with every frame', async (t) => {
  const out = join(folder, 'out.mp4');
  const { code, stdout, stderr } = await runAgent(['annotate', 'sample:', out, '--frames', '20'], blazepose);
  t.equal(code, 0, stderr);
  t.match(stdout, /out\.mp4: 20 frames, \d\.\d\d people a frame \(blazepose-lite\)/);
  const source = createFrameSource({ kind: 'path', path: out }, { pace: 'max' });
  await source.open();
  let frames = 0;
  for (let frame = await source.read(); frame; frame = await source.read()) {
    if (frames++ === 0) t.same([frame.width, frame.height], [960, 540]);
    frame.release();
  }
  await source.close();
  t.equal(frames, 20);
});

t.test('annotate writes a picture', async (t) => {
  const out = join(folder, 'out.png');
  const { code, stderr } = await runAgent(['annotate', 'sample:', out], blazepose);
  t.equal(code, 0, stderr);
  t.ok(statSync(out).size > 10_000);
});

t.test('annotate draws the skeleton that is published', async (t) => {
  const drawn = async (skeleton: string): Promise<Buffer> => {
    const out = join(folder, 'drawn.png');
    const { code, stdout, stderr } = await runAgent(['annotate', 'sample:', out], {
      ...blazepose,
      output: { skeleton },
    });
    t.equal(code, 0, stderr);
    t.notMatch(stdout, ' 0.00 people', 'somebody is there');
    return readFileSync(out);
  };
  const native = await drawn('native');
  t.ok(native.equals(await drawn('native')), 'the same twice is the same');
  t.notOk(native.equals(await drawn('coco17')), 'COCO has neither hands nor feet');
});

t.test('annotate refuses an output it cannot write, and leaves nothing behind', async (t) => {
  const { code, stderr } = await runAgent(['annotate', 'sample:', join(folder, 'out.doc')], blazepose);
  t.equal(code, 1);
  t.match(stderr, /out\.doc cannot be written: a picture ends in/);
  t.notOk(existsSync(join(folder, 'out.doc')));
});

t.test('bench prints what its JSON promises', { timeout: 60_000 }, async (t) => {
  const { code, stdout, stderr } = await runAgent(
    ['bench', '--json', '--rounds', '1', '--seconds', '2'],
    blazepose,
  );
  t.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as Record<string, never>;
  t.match(result, {
    fps: Number,
    ceiling_fps: Number,
    ratio: Number,
    frames: Number,
    dropped: 0,
    model: 'blazepose-lite',
    engine: 'openvino',
    device: String,
    precision: String,
    stages: { infer: { p50: Number, p95: Number, p99: Number }, total: { p50: Number } },
  });
  t.ok((result.fps ?? 0) > 1 && (result.ceiling_fps ?? 0) > (result.fps ?? 0) * 0.5, stdout);
});

t.test('doctor finds what is here and says the remedy for what is not', async (t) => {
  const good = await runAgent(['doctor'], blazepose);
  t.equal(good.code, 0, good.stdout);
  t.match(good.stdout, /^ok +engine openvino +\d{4}\..*CPU/m);
  t.match(good.stdout, /^ok +opencv +\d+\.\d+/m);
  t.match(good.stdout, /^note +engine tensorrt/m);
  t.match(good.stdout, /^ok +model +blazepose-lite/m);

  const bad = await runAgent(['doctor', '--json'], {
    model: { id: 'human-pose-estimation-0001/FP32', device: 'NPU' },
    mqtt: { url: 'mqtt://127.0.0.1:9' },
  });
  t.equal(bad.code, 1);
  const failed = (
    JSON.parse(bad.stdout) as { check: string; verdict: string; remedy: string | null }[]
  ).filter(({ verdict }) => verdict === 'failed');
  t.same(
    failed.map(({ check }) => check),
    ['engine openvino', 'model', 'broker'],
  );
  t.ok(failed.every(({ remedy }) => remedy !== null && remedy.length > 10));
});

t.test('--help names examples and exit codes', async (t) => {
  const program = await runAgent(['--help']);
  t.equal(program.code, 0);
  for (const name of ['run', 'bench', 'doctor', 'models', 'config', 'annotate', 'cameras']) {
    t.match(program.stdout, new RegExp(`^ +${name}`, 'm'));
    const { stdout, code } = await runAgent([name, '--help']);
    t.equal(code, 0);
    t.match(stdout, ['models', 'config', 'cameras'].includes(name) ? /Commands:/ : /Examples?:/);
  }
  t.match(program.stdout, /Exit codes:\n {2}0/);
  t.equal((await runAgent(['rum'])).code, 2);
});
