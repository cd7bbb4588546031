import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openModel } from '../../src/agent/open-model.js';
import { type Config, configSchema } from '../../src/config/schema.js';
import { type DecodedInstance, decode, type NamedTensor } from '../../src/index.js';
import type { ModelFacts, NetworkInput } from '../../src/models/catalog-schema.js';
import type { ResolvedModel } from '../../src/models/resolve.js';
import { toSkeleton } from '../../src/models/skeleton-field.js';
import { type RawInstance, unpackInstances, unpackTimings } from '../../src/pose/packed-instances.js';
import { type EngineUnderTest, enginesUnderTest } from '../support/engines.js';
import { goldenCase } from '../support/golden-cases.js';
import { type EmbeddingMaps, embeddingTensors } from '../support/golden-embedding-maps.js';
import { type ReplayModel, writeReplayModel } from '../support/replay-model.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'families-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const frame = { width: 640, height: 360 };

/** For comparisons with what the decoder alone gives. */
function settings({ name: engine }: EngineUnderTest): Config {
  const config = configSchema.parse({ model: { engine, precision: 'f32', threads: 1 } });
  return { ...config, device_id: 'families', state_dir: folder, remote_cameras: false };
}

function input(height: number, width: number, resize: NetworkInput['resize']): NetworkInput {
  return { height, width, color: 'rgb', mean: [124, 116, 104], scale: [58, 57, 57], resize };
}

function resolved(name: string, facts: ModelFacts, files: ResolvedModel['files']): ResolvedModel {
  const main = files.xml as string;
  const skeleton = toSkeleton(facts.skeleton);
  return { name, id: name, variant: 'file', ...facts, skeleton, files, main, checksums: {}, sha512: {} };
}

/** People of a frame of noise, and its timings. */
async function infer(engine: EngineUnderTest, model: ResolvedModel) {
  const session = await openModel({ config: settings(engine), model });
  const { width, height } = frame;
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) % 251);
  const packed = await session.infer({ pixels, width, height, camera: 0, timeMs: 0 });
  await session.close();
  return { people: unpackInstances(packed), timings: unpackTimings(packed) };
}

/** Every keypoint where the decoder alone has it, mapped to the image. */
function equal(
  t: Test,
  found: readonly RawInstance[],
  expected: readonly DecodedInstance[],
  toImage: (x: number, y: number) => [number, number],
): void {
  t.equal(found.length, expected.length, 'as many people');
  let keypoints = 0;
  expected.forEach((person, i) => {
    person.keypoints.forEach((keypoint, k) => {
      const other = found[i]?.keypoints[k] ?? null;
      if (keypoint === null || other === null) {
        t.equal(other, keypoint, `person ${i}, keypoint ${k}`);
        return;
      }
      keypoints++;
      const [x, y] = toImage(keypoint.x, keypoint.y);
      const error = Math.hypot(other.x - x, other.y - y);
      if (!(error < 1e-2)) t.fail(`person ${i}, keypoint ${k} is ${error} px off`);
    });
  });
  t.ok(keypoints > 10, `${keypoints} keypoints compared`);
}

function bottomUp(engine: EngineUnderTest, format: ReplayModel['format']): void {
  t.test(
    `associative embedding through ${engine.name} (${format})`,
    { skip: withoutSharedData },
    async (t) => {
      const { golden } = goldenCase<EmbeddingMaps>('associative_embedding', 1);
      const maps = embeddingTensors(join(sharedData(), 'golden/associative_embedding'), '01', golden);
      const size = { batch: 1, height: 288, width: 288 };
      const flat = maps.tags;
      const tags: NamedTensor = { name: 'embeddings', data: flat.data, shape: [...flat.shape, 1] };
      const outputs = [maps.signedHeatmaps, tags];
      const xml = await writeReplayModel({ folder, name: `ae-${format}`, format, input: size, outputs });
      const facts: ModelFacts = {
        family: 'associative-embedding',
        skeleton: 'coco17',
        inputs: { xml: { ...input(288, 288, 'letterbox-centre'), pad: 128 } },
        outputs: { tags: 'embeddings' },
      };
      const { people } = await infer(engine, resolved('ae', facts, { xml }));
      const expected = await decode('associative-embedding', [maps.signedHeatmaps, maps.tags]);
      // 640x360 in 288x288: 162 rows high, 63 rows below the top.
      equal(t, people, expected, (x, y) => [(x * 640) / 288, ((y - 63) * 360) / 162]);
    },
  );

  t.test(`trt_pose through ${engine.name} (${format})`, { skip: withoutSharedData }, async (t) => {
    const { tensor } = goldenCase('trt_pose');
    const outputs = [tensor('paf'), tensor('cmap')];
    const size = { batch: 1, height: 224, width: 224 };
    const xml = await writeReplayModel({ folder, name: `trt-${format}`, format, input: size, outputs });
    const facts: ModelFacts = {
      family: 'trt-pose',
      skeleton: 'trt_pose18',
      inputs: { xml: input(224, 224, 'stretch') },
    };
    const { people } = await infer(engine, resolved('trt', facts, { xml }));
    equal(t, people, await decode('trt-pose', outputs), (x, y) => [(x * 640) / 224, (y * 360) / 224]);
  });
}

/** Corners of detected people, of the image's width and height. */
const boxes: [number, number, number, number][] = [
  [0.1, 0.2, 0.25, 0.8],
  [0.5, 0.1, 0.7, 0.9],
  [0.75, 0.3, 0.85, 0.7],
];

async function writeDetector(): Promise<string> {
  const rows = boxes.flatMap((box, i) => [0, 1, 0.9 - i / 10, ...box]);
  const data = Float32Array.of(...rows, -1, 0, 0, 0, 0, 0, 0);
  const outputs = [{ name: 'detection_out', data, shape: [1, 1, boxes.length + 1, 7] }];
  const size = { batch: 1, height: 320, width: 544 };
  return writeReplayModel({ folder, name: 'detector', format: 'onnx', input: size, outputs });
}

/** Where the crop of a box lies in the image: a quarter larger, widened to 3 : 4. */
function cropToImage([left, top, right, bottom]: readonly number[]) {
  const width = ((right as number) - (left as number)) * frame.width * 1.25;
  const height = ((bottom as number) - (top as number)) * frame.height * 1.25;
  const scale = Math.max(width / 192, height / 256);
  const x0 = (((left as number) + (right as number)) / 2) * frame.width - (192 * scale) / 2;
  const y0 = (((top as number) + (bottom as number)) / 2) * frame.height - (256 * scale) / 2;
  return (x: number, y: number): [number, number] => [x * scale + x0, y * scale + y0];
}

function batched(tensor: NamedTensor, batch: number): NamedTensor {
  const data = new Float32Array(tensor.data.length * batch);
  for (let i = 0; i < batch; i++) data.set(tensor.data, i * tensor.data.length);
  return { ...tensor, data, shape: [batch, ...tensor.shape.slice(1)] };
}

interface TopDownCase {
  engine: EngineUnderTest;
  family: 'heatmap' | 'simcc';
  tensors: NamedTensor[];
  batch: number;
}

async function compareTopDown(t: Test, { engine, family, tensors, batch }: TopDownCase) {
  const outputs = tensors.map((tensor) => batched(tensor, batch));
  const size = { batch, height: 256, width: 192 };
  const name = `${family}-${batch}`;
  const xml = await writeReplayModel({ folder, name, format: 'onnx', input: size, outputs });
  const facts: ModelFacts = {
    family,
    skeleton: 'coco17',
    inputs: { xml: { ...input(256, 192, 'crop'), batch }, detector: input(320, 544, 'stretch') },
    detector: { kind: 'ssd', score_threshold: 0.5, iou_threshold: 0.45, outputs: {} },
  };
  const model = resolved(name, facts, { xml, detector: await writeDetector() });
  const { people, timings } = await infer(engine, model);
  t.equal(people.length, boxes.length);
  const expected = (await decode(family, tensors)) as DecodedInstance[];
  for (const [i, box] of boxes.entries()) equal(t, people.slice(i, i + 1), expected, cropToImage(box));
  t.equal(new Set(people.map(({ id }) => id)).size, boxes.length, 'everybody has an id');
  t.ok(timings.person > 0 && timings.detect > 0, 'detector and person are timed');
}

function topDown(engine: EngineUnderTest, batch: number): void {
  t.test(
    `top-down heatmaps through detector and crops of ${engine.name}, in batches of ${batch}`,
    { skip: withoutSharedData },
    async (t) => {
      const tensors = [goldenCase('topdown_heatmap').tensor('heatmaps')];
      await compareTopDown(t, { engine, family: 'heatmap', tensors, batch });
    },
  );

  t.test(
    `SimCC through detector and crops of ${engine.name}, in batches of ${batch}`,
    { skip: withoutSharedData },
    async (t) => {
      const { tensor } = goldenCase('simcc');
      const tensors = [tensor('simcc_x'), tensor('simcc_y')];
      await compareTopDown(t, { engine, family: 'simcc', tensors, batch });
    },
  );
}

for (const engine of enginesUnderTest()) {
  for (const format of engine.formats) bottomUp(engine, format);
  for (const batch of [1, 2]) topDown(engine, batch);
}
