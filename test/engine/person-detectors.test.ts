import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import type { NativeDetectorOptions, NativeInput } from '../../src/engine/binding.js';
import { openSession } from '../../src/engine/session.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { emptyTensor } from '../support/own-model.js';
import { writeReplayModel } from '../support/replay-model.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'detectors-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const plain = { mean: [0, 0, 0], scale: [1, 1, 1], batch: 1, pad: 0, name: '', layout: '' } as const;
const crop: NativeInput = { ...plain, width: 48, height: 64, color: 'rgb', resize: 'crop' };
const anywhere = {
  scoreThreshold: 0.5,
  iouThreshold: 0.45,
  personLabel: -1,
  yoloScores: '',
  boxes: '',
  labels: '',
} as const;

/** A network whose keypoints are the corners of its crop, so that they tell which box was looked at. */
async function corners(): Promise<string> {
  const heatmaps = emptyTensor('heatmaps', [1, 4, 16, 12]);
  for (const [k, cell] of [0, 11, 180, 191].entries()) heatmaps.data[k * 192 + cell] = 0.9;
  const input = { batch: 1, width: crop.width, height: crop.height };
  return writeReplayModel({ folder, name: 'corners', format: 'onnx', input, outputs: [heatmaps] });
}

type Point = [number, number];
interface Golden {
  poses: { keypoints: Point[] }[];
}

/** Middle of the keypoints of everybody who shows most of a body. */
function people({ poses }: Golden): Point[] {
  const bodies = poses
    .map(({ keypoints }) => keypoints.filter(([x]) => x >= 0))
    .filter((points) => points.length >= 10);
  return bodies.map((points) => middle(points.map(([x, y]) => ({ x, y }))));
}

function middle(points: readonly { x: number; y: number }[]): Point {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
}

/** Of the people that OpenPose sees in the golden pictures, those whose middle lies well within a crop. */
async function found(detector: NativeDetectorOptions): Promise<{ found: number; of: number }> {
  const shared = sharedData();
  const session = await openSession('openvino', {
    family: 'heatmap',
    model: await corners(),
    device: 'CPU',
    precision: 'f32',
    mode: 'latency',
    threads: 0,
    requests: 0,
    cacheDir: '',
    input: crop,
    keypoints: 4,
    outputs: {},
    decode: { refine: 'quarter', stride: 4, blurKernel: 11 },
    detector,
    boxScale: 1,
    detectorInterval: 1,
    keypointThreshold: 0.3,
    maxPeople: 16,
  });
  const tally = { found: 0, of: 0 };
  const names = readdirSync(join(shared, 'golden/openpose')).filter((name) => /^(COCO|mm).*json$/.test(name));
  for (const [camera, name] of names.entries()) {
    const picture = join(shared, 'golden/images', name.replace('.json', '.jpg'));
    const source = createFrameSource({ kind: 'path', path: picture });
    await source.open();
    const frame = await source.read();
    if (!frame) throw new Error(`${picture} cannot be read`);
    const { width, height } = frame;
    const packed = await session.infer({ pixels: frame.pixels(), width, height, camera, timeMs: 0 });
    frame.release();
    await source.close();
    const boxes = unpackInstances(packed).map(({ keypoints }) => keypoints.filter((point) => point !== null));
    const golden = JSON.parse(readFileSync(join(shared, 'golden/openpose', name), 'utf8')) as Golden;
    for (const [x, y] of people(golden)) {
      tally.of++;
      const isWithin = (box: { x: number; y: number }[]): boolean => {
        const [cx, cy] = middle(box);
        const side = Math.max(...box.map((point) => point.x)) - Math.min(...box.map((point) => point.x));
        return Math.abs(x - cx) < side / 3 && Math.abs(y - cy) < (side * 4) / 9;
      };
      if (boxes.some(isWithin)) tally.found++;
    }
  }
  await session.close();
  return tally;
}

// It is made for people before a shop's camera, and passes over many of these pictures' players and divers.
for (const precision of ['FP16', 'FP16-INT8']) {
  t.test(
    `person-detection-retail-0013 ${precision} leads to the people that OpenPose sees`,
    { skip: withoutSharedData },
    async (t) => {
      const shared = sharedData();
      const model = join(
        shared,
        `models/person-detection-retail-0013/${precision}/person-detection-retail-0013.xml`,
      );
      const input: NativeInput = { ...plain, width: 544, height: 320, color: 'bgr', resize: 'stretch' };
      const tally = await found({ ...anywhere, kind: 'ssd', model, input });
      t.ok(tally.of >= 20 && tally.found / tally.of >= 0.45, JSON.stringify(tally));
    },
  );
}

t.test('so does the detector of BlazePose', { skip: withoutSharedData }, async (t) => {
  const { files } = await resolveInstalled('blazepose-lite', { stateDir: folder });
  const input: NativeInput = { ...plain, width: 224, height: 224, color: 'rgb', resize: 'letterbox-centre' };
  const blazepose = { ...input, mean: [127.5, 127.5, 127.5], scale: [127.5, 127.5, 127.5] } as const;
  const tally = await found({
    ...anywhere,
    kind: 'blazepose',
    model: files.detector as string,
    input: blazepose,
  });
  t.ok(tally.of >= 20 && tally.found / tally.of >= 0.6, JSON.stringify(tally));
});
