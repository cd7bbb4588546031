import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { writeOwnModel } from '../support/own-model.js';
import { runFromSource } from '../support/run-from-source.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

// Models are opened and packages installed: slow beside other tests.
t.setTimeout(300_000);

const root = resolve(import.meta.dirname, '../..');
const package_ = dirname(createRequire(import.meta.url).resolve('@mediapipe/pose/package.json'));

function setUp(t: Test) {
  const home = t.testdir({ models: {} });
  const file = join(home, 'config.yaml');
  const configure = (model: object = {}) =>
    writeFileSync(
      file,
      stringify({ device_id: 'box', state_dir: join(home, 'state'), model: { threads: 1, ...model } }),
    );
  configure();
  const agent = (...args: string[]) => runFromSource(args, { home, environment: { EDGE_POSE_CONFIG: file } });
  const models = (...args: string[]) => agent('models', ...args);
  return { home, folder: join(home, 'models'), configure, agent, models };
}

t.test(
  "Open Model Zoo's network, from the file to keypoints and away again",
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    const { home, configure, agent, models } = setUp(t);
    const path = join(shared, 'models/human-pose-estimation-0001/FP16-INT8/human-pose-estimation-0001.xml');

    const dry = await models('add', path, '--name', 'hall', '--dry-run');
    t.match(dry, {
      code: 0,
      stderr: /^hall: openpose, skeleton openpose18\ninput: 456x256, bgr.*\noutputs: /,
    });
    t.match(
      dry.stderr,
      /\ntried with openvino on .* ms to infer .* a second\nColours, mean and scale are those/,
    );
    t.match(JSON.parse(dry.stdout), {
      model: 'hall',
      outputs: { heatmaps: 'Mconv7_stage2_L2', pafs: 'Mconv7_stage2_L1' },
      files: [{ role: 'xml', path: 'human-pose-estimation-0001.xml' }, { role: 'bin' }],
    });
    t.notOk(existsSync(join(home, 'state')));

    t.match(await models('add', path), {
      code: 3,
      stderr: /is a model of the catalog.*--name.*MODEL_NAME_TAKEN/,
    });
    t.match(await models('add', path, '--name', 'hall'), {
      code: 0,
      stderr: '',
      stdout: /\nhall is added \(4\.6 MB\): --model hall, or model\.id: hall\n$/,
    });
    t.match((await models('list')).stdout, /\nhall +openpose +not stated +yes \(added\) +4\.6 MB\n/);
    t.match(await models('verify'), { code: 0, stdout: 'hall: OK\n' });
    t.match((await models('path', 'hall')).stdout, /refs\/hall\/added\/[0-9a-f]+\/model\.xml\n$/);

    configure({ id: 'hall' });
    const out = join(home, 'out.jpg');
    t.match(await agent('annotate', join(root, 'media/sample.mp4'), out), { code: 0 });
    t.ok(statSync(out).size > 10_000);

    t.match(await models('remove', 'hall'), { code: 3, stderr: /the configuration names it.*MODEL_IN_USE/ });
    t.match(await models('remove', 'hall', '--force'), { code: 0, stderr: /^warning: / });
    t.match(await models('remove', 'hall'), { code: 3, stderr: /MODEL_UNKNOWN/ });
  },
);

t.test("BlazePose's landmarks, with the detector that the agent brings", async (t) => {
  const { models } = setUp(t);
  const path = join(package_, 'pose_landmark_lite.tflite');
  const added = await models('add', path, '--name', 'body', '--json');
  t.match(added, { code: 0, stderr: '' });
  t.match(JSON.parse(added.stdout), {
    name: 'body',
    installed: true,
    bytes: 2_819_824 + 2_962_288,
    manifest: {
      family: 'blazepose',
      skeleton: 'blazepose33',
      inputs: {
        landmarks: { width: 256, height: 256 },
        detector: { width: 224, resize: 'letterbox-centre' },
      },
      files: [{ role: 'landmarks', path: 'pose_landmark_lite.tflite' }],
    },
    trial: { engine: 'openvino', input: { width: 256, height: 256 }, people: 0, fps: Number },
    outputs: [{ name: 'Identity', dims: [1, 195], type: 'f32' }],
  });
  t.match(await models('verify'), { code: 0, stdout: 'body: OK\n' });
  t.match(await models('activate', 'body'), { code: 0, stdout: /^body\/added is current, on probation/ });
  t.match(await models('remove', 'body'), { code: 3, stderr: /it is activated/ });
});

t.test('wrong words', async (t) => {
  const { folder, models } = setUp(t);
  const path = await writeOwnModel(folder, 'hall');
  t.match(await models('add'), { code: 2, stderr: /name a model file, a folder with one, or a manifest/ });
  t.match(await models('add', path, '--name', 'a/b'), { code: 2, stderr: /Expected letters, digits/ });
  t.match(await models('add', path, '--input', '640'), { code: 2, stderr: /WIDTHxHEIGHT/ });
  t.match(await models('add', path, '--family', 'yolo'), { code: 2, stderr: /Allowed choices are openpose/ });
  t.match(await models('add', '--help'), {
    code: 0,
    stdout: /Examples:\n {2}pose-agent models add hall\.onnx\n/,
  });
  t.match(await models('add', path, '--input', '100x64'), {
    code: 3,
    stderr: /MODEL_(SHAPE_MISMATCH|UNDECIDED)/,
  });
});

t.test('a damaged description is shown, and its model is not run', async (t) => {
  const { home, folder, models } = setUp(t);
  t.match(await models('add', await writeOwnModel(folder, 'hall')), { code: 0 });
  writeFileSync(join(home, 'state/models/added/hall.json'), '{');
  t.match(await models('list'), { code: 0, stderr: /^warning: .*hall\.json is no JSON/ });
  t.match(await models('verify'), { code: 3, stderr: /hall\.json is no JSON/ });
  t.match(await models('path', 'hall'), { code: 3, stderr: /MODEL_MANIFEST_INVALID/ });
});

t.test('a file that the user may not read', async (t) => {
  const home = t.testdir();
  const isRoot = process.geteuid?.() === 0;
  const folder = join(home, 'models');
  mkdirSync(folder);
  const path = await writeOwnModel(folder, 'hall');
  chmodSync(path, 0);
  // Root reads everything.
  const child = spawn(process.execPath, ['--import=tsx', 'src/cli/main.ts', 'models', 'add', path], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: home, EDGE_POSE_STATE_DIR: join(home, 'state') },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  t.match(await text(child.stderr), /hall\.onnx may not be read by this user \(MODEL_UNREADABLE\)/);
});
