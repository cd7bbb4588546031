import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AddModelOptions, addModel } from '../../src/agent/add-model.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NamedTensor } from '../../src/index.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';

// Models are opened and packages installed: slow beside other tests.
t.setTimeout(300_000);

function setUp(t: Test) {
  const home = t.testdir({ models: {} });
  const stateDir = join(home, 'state');
  const file = join(home, 'config.yaml');
  const model = { threads: 1, mode: 'latency', precision: 'f32' };
  writeFileSync(file, JSON.stringify({ state_dir: stateDir, model }));
  const { config } = loadConfig({ configFile: file });
  const add = (how: Omit<AddModelOptions, 'config'>) => addModel({ config, ...how });
  const write = (name: string, size: { width: number; height: number }, outputs: NamedTensor[]) => {
    const folder = join(home, 'models', name);
    mkdirSync(folder);
    return writeReplayModel({ folder, name, format: 'onnx', input: { batch: 1, ...size }, outputs });
  };
  return { add, write, resolve: (name: string) => resolveInstalled(name, { stateDir }) };
}

const square = { width: 64, height: 64 };
const crop = { width: 48, height: 64 };

t.test('networks that see the whole picture', async (t) => {
  const { add, write, resolve } = setUp(t);
  const cases: [string, NamedTensor[], object][] = [
    [
      'embeddings',
      [emptyTensor('heatmaps', [1, 17, 32, 32]), emptyTensor('embeddings', [1, 17, 32, 32])],
      { family: 'associative-embedding', decode: { peaks: 'suppressed', stride: 2 } },
    ],
    [
      'higher',
      [emptyTensor('heatmaps', [1, 17, 32, 32]), emptyTensor('tags', [1, 17, 32, 32])],
      { family: 'associative-embedding', decode: { peaks: 'plain', delta: 0.5, stride: 2 } },
    ],
    [
      'trt',
      [emptyTensor('cmap', [1, 18, 16, 16]), emptyTensor('paf', [1, 42, 16, 16])],
      { family: 'trt-pose', decode: { stride: 4 } },
    ],
  ];
  for (const [name, outputs, facts] of cases) {
    const result = await add({ path: await write(name, square, outputs) });
    t.match(result, { installed: true, manifest: facts, trial: { people: 0, input: square } }, name);
    t.match(await resolve(name), facts, name);
  }
});

/** [image, label, score, left, top, right, bottom] a row, in parts of the picture. */
function ssdOutput(...boxes: [number, number, number, number][]): NamedTensor {
  const tensor = emptyTensor('detection_out', [1, 1, 10, 7]);
  tensor.data.fill(-1);
  for (const [index, box] of boxes.entries()) tensor.data.set([0, 1, 0.9, ...box], index * 7);
  return tensor;
}

/** A heatmap a keypoint, each with one peak. */
function peaks(keypoints: number, height: number, width: number): NamedTensor {
  const tensor = emptyTensor('heatmaps', [1, keypoints, height, width]);
  for (let keypoint = 0; keypoint < keypoints; keypoint++) {
    tensor.data[keypoint * height * width + ((keypoint % height) * width + (keypoint % width))] = 0.8;
  }
  return tensor;
}

t.test('networks that see crops of people, which a detector of their own finds', async (t) => {
  const { add, write, resolve } = setUp(t);
  const two = await write('two', square, [ssdOutput([0.1, 0.1, 0.4, 0.9], [0.6, 0.1, 0.9, 0.9])]);
  const heatmap = await add({ path: await write('heat', crop, [peaks(17, 16, 12)]), detector: two });
  t.match(heatmap, {
    installed: true,
    manifest: { family: 'heatmap', detector: { kind: 'ssd' }, inputs: { detector: { resize: 'stretch' } } },
    trial: { people: 2, input: crop },
  });
  const { files } = await resolve('heat');
  t.match(files, { xml: /model\.onnx$/, detector: /detector\.onnx$/ });

  const x = emptyTensor('simcc_x', [1, 17, 96]);
  const y = emptyTensor('simcc_y', [1, 17, 128]);
  for (let keypoint = 0; keypoint < 17; keypoint++) {
    x.data[keypoint * 96 + 2 * keypoint] = 0.7;
    y.data[keypoint * 128 + 3 * keypoint] = 0.7;
  }
  const one = await write('one', square, [ssdOutput([0.1, 0.1, 0.4, 0.9])]);
  t.match(await add({ path: await write('simcc', crop, [x, y]), detector: one }), {
    manifest: { family: 'simcc', decode: { split_ratio: 2 } },
    trial: { people: 1 },
  });

  const yolo = await write('yolo', square, [emptyTensor('output0', [1, 6, 84])]);
  t.match(await add({ path: await write('nobody', crop, [peaks(17, 16, 12)]), detector: yolo }), {
    manifest: { detector: { kind: 'yolo' } },
    trial: { people: 0, network: { fps: Number } },
  });
});

t.test('and the detector that the agent brings', async (t) => {
  const { add, write, resolve } = setUp(t);
  t.match(await add({ path: await write('heat', crop, [peaks(17, 16, 12)]) }), {
    installed: true,
    manifest: { detector: { kind: 'blazepose' }, files: [{ role: 'xml' }] },
  });
  t.match((await resolve('heat')).files, { detector: /detector\.tflite$/ });
});

t.test('keypoints of somebody’s own, in a manifest', async (t) => {
  const { add, write, resolve } = setUp(t);
  const path = await write('forearm', crop, [peaks(3, 16, 12)]);
  const skeleton = { name: 'forearm3', keypoints: ['elbow', 'wrist', 'thumb'], limbs: [['elbow', 'wrist']] };
  const input = { ...crop, color: 'rgb', mean: 0, scale: 255, resize: 'crop' };
  const manifest = { family: 'heatmap', skeleton, inputs: { xml: input }, detector: { kind: 'blazepose' } };
  writeFileSync(join(path, '../manifest.json'), JSON.stringify(manifest));
  t.match(await add({ path: join(path, '..') }), { name: 'forearm', proposed: false, installed: true });
  t.match(await resolve('forearm'), { family: 'heatmap' });
});
