import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openSession } from '../../src/engine/session.js';
import { decode, type NamedTensor } from '../../src/index.js';
import { unpackInstances } from '../../src/pose/packed-instances.js';
import { type EngineUnderTest, enginesUnderTest } from '../support/engines.js';
import { readNpy } from '../support/npy.js';
import { openPoseOptions } from '../support/openpose-options.js';
import { type ReplayModel, writeReplayModel } from '../support/replay-model.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** Of a golden picture: its own size and that of the network's input, px. */
interface Golden {
  width: number;
  height: number;
  net_width: number;
  net_height: number;
  scale_x: number;
  scale_y: number;
}

/** Outputs of every other rank, which are no concern of the decoder. */
const bystanders: NamedTensor[] = [
  { name: 'row', data: new Float32Array(5).fill(1), shape: [5] },
  { name: 'plane', data: new Float32Array(6).fill(2), shape: [2, 3] },
  { name: 'block', data: new Float32Array(24).fill(3), shape: [2, 3, 4] },
];

interface Replay {
  engine: EngineUnderTest;
  format: ReplayModel['format'];
  /** Path of a golden picture's files, without their endings. */
  stem: string;
}

async function compare(t: Test, { engine, format, stem }: Replay): Promise<number> {
  const golden = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Golden;
  const tensors: NamedTensor[] = [
    { name: 'heatmaps', ...readNpy(`${stem}.heatmaps.npy`) },
    { name: 'pafs', ...readNpy(`${stem}.pafs.npy`) },
  ];
  const input = { batch: 1, height: golden.net_height, width: golden.net_width };
  const outputs = [...bystanders, ...tensors];
  const path = await writeReplayModel({ folder, name: `openpose-${format}`, format, input, outputs });
  const session = await openSession(engine.name, openPoseOptions(engine, path, input));
  const { width, height } = golden;
  // Noise, so that an output which hung on the picture would show.
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) % 251);
  const packed = await session.infer({ pixels, width, height, camera: 0, timeMs: 0 });
  await session.close();
  const people = unpackInstances(packed);
  const expected = await decode('openpose', tensors);
  t.equal(people.length, expected.length, `${format}: people`);
  expected.forEach(({ score, keypoints }, person) => {
    t.equal(people[person]?.score, score, `${format}: score of person ${person}`);
    const mapped = keypoints.map((keypoint) => keypoint && toImage(keypoint, golden));
    t.same(people[person]?.keypoints, mapped, `${format}: keypoints of person ${person}, to the bit`);
  });
  return people.length;
}

/** The letterbox's way back, in the engine's own precision. */
function toImage(keypoint: { x: number; y: number; score: number }, { scale_x, scale_y }: Golden) {
  const { x, y, score } = keypoint;
  return {
    x: Math.fround(x * Math.fround(scale_x)),
    y: Math.fround(y * Math.fround(scale_y)),
    score,
  };
}

function replays(engine: EngineUnderTest, format: ReplayModel['format']): void {
  t.test(
    `an ${format} model replays its tensors through ${engine.name}`,
    { skip: withoutSharedData },
    async (t) => {
      const shared = sharedData();
      let people = 0;
      for (const picture of ['COCO_val2014_000000000328', 'mm_crowdpose_103319', 'mm_ochuman_003896']) {
        people += await compare(t, { engine, format, stem: join(shared, 'golden/openpose', picture) });
      }
      t.ok(people > 5, `${people} people were compared`);
    },
  );

  t.test(`an ${format} model of a batch runs with one picture on ${engine.name}`, async (t) => {
    const outputs = [
      ...bystanders,
      { name: 'heatmaps', data: new Float32Array(19 * 4 * 6), shape: [1, 19, 4, 6] },
      { name: 'pafs', data: new Float32Array(38 * 4 * 6), shape: [1, 38, 4, 6] },
    ];
    const input = { batch: 2, height: 32, width: 48 };
    const path = await writeReplayModel({ folder, name: `sizes-${format}`, format, input, outputs });
    const session = await openSession(
      engine.name,
      openPoseOptions(engine, path, { batch: 1, height: 32, width: 48 }),
    );
    t.match(session.info, { inputWidth: 48, inputHeight: 32, precision: 'f32' });
    const pixels = new Uint8Array(20 * 20 * 3);
    const packed = await session.infer({ pixels, width: 20, height: 20, camera: 0, timeMs: 0 });
    t.same(unpackInstances(packed), [], 'nobody is seen in empty maps');
    await session.close();
  });
}

for (const engine of enginesUnderTest()) {
  for (const format of engine.formats) replays(engine, format);
}

t.test('what is no model is refused before it is written', async (t) => {
  const model = { folder, name: 'wrong', format: 'ir' as const, input: { batch: 1, height: 8, width: 8 } };
  const output = { name: 'a', data: new Float32Array(3), shape: [2] };
  await t.rejects(writeReplayModel({ ...model, outputs: [output] }), { message: /as many values as \[2\]/ });
  const named = { ...output, name: '<a>', shape: [3] };
  await t.rejects(writeReplayModel({ ...model, outputs: [named] }), { message: /plain output name/ });
});
