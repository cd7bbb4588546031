import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentError, decode, type NamedTensor } from '../../src/index.js';
import { readNpy } from '../support/npy.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

interface Golden {
  scale_x: number;
  scale_y: number;
  poses: { score: number; keypoints: [number, number][] }[];
}

function tensors(heatmaps: NamedTensor['data'], pafs: NamedTensor['data'], h = 32, w = 57): NamedTensor[] {
  return [
    { name: 'heatmaps', data: heatmaps, shape: [1, heatmaps.length / (h * w), h, w] },
    { name: 'pafs', data: pafs, shape: [1, pafs.length / (h * w), h, w] },
  ];
}

t.test('openpose equals the reference on every golden picture', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const folder = join(shared, 'golden/openpose');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  t.equal(names.length, 14);
  let compared = 0;
  for (const name of names) {
    const golden = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;
    const stem = join(folder, name.slice(0, -'.json'.length));
    const people = await decode('openpose', [
      { name: 'heatmaps', ...readNpy(`${stem}.heatmaps.npy`) },
      { name: 'pafs', ...readNpy(`${stem}.pafs.npy`) },
    ]);
    t.equal(people.length, golden.poses.length, `${name}: people`);
    golden.poses.forEach((pose, index) => {
      const person = people[index];
      t.ok(Math.abs((person?.rawScore ?? 0) - pose.score) <= 1e-4 * pose.score, `${name}: reference score`);
      t.ok(person && person.score > 0 && person.score <= 1, `${name}: score in (0, 1]`);
      pose.keypoints.forEach(([x, y], k) => {
        const keypoint = person?.keypoints[k] ?? null;
        compared++;
        if (x < 0) {
          t.equal(keypoint, null, `${name}: person ${index} keypoint ${k} is absent`);
          return;
        }
        const error = keypoint
          ? Math.hypot(keypoint.x * golden.scale_x - x, keypoint.y * golden.scale_y - y)
          : Number.POSITIVE_INFINITY;
        if (error > 0.05) t.fail(`${name}: person ${index} keypoint ${k} is ${error} px off`);
      });
    });
  }
  t.equal(compared, 32 * 18);
});

t.test('an empty picture has nobody', async (t) => {
  t.same(
    await decode('openpose', tensors(new Float32Array(19 * 32 * 57), new Float32Array(38 * 32 * 57))),
    [],
  );
});

t.test('wrong tensors are refused with what was expected and found', async (t) => {
  const heatmaps = new Float32Array(19 * 32 * 57);
  const pafs = new Float32Array(38 * 32 * 57);
  const refused = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    t.ok(error instanceof AgentError, `${message}`);
    t.equal((error as AgentError).code, 'TENSOR_INVALID');
    t.match((error as AgentError).message, message);
  };
  const [first, second] = tensors(heatmaps, pafs) as [NamedTensor, NamedTensor];
  await refused(decode('openpose', [first]), /expected a tensor named pafs, found heatmaps/);
  await refused(
    decode('openpose', [{ ...first, shape: [1, 19, 32, 56] }, second]),
    /heatmaps: expected 34048 values for shape \[1,19,32,56\], found 34656/,
  );
  await refused(
    decode('openpose', [first, { ...second, shape: [38, 32, 57] }]),
    /pafs.*expected \[1, 38, 32, 57\], found \[38, 32, 57\]/,
  );
  await refused(decode('openpose', [first, { ...second, shape: [1, 38, -32, 57] }]), /positive integers/);
  await refused(
    decode('openpose', [{ ...first, data: [] as never }, second]),
    /expected data as Float32Array/,
  );
  await refused(decode('openpose', tensors(heatmaps.subarray(0, 7 * 32 * 57), pafs)), /19/);
  await refused(decode('openpose', [first, second], { peakThreshold: 0 }), /peakThreshold/);
  await refused(decode('openpose', [first, second], { limbRatio: 'some' as never }), /limbRatio/);
  await refused(decode('hourglass' as never, [first, second]), /openpose/);
});

t.test('values that are no numbers yield no keypoint that is none', async (t) => {
  const heatmaps = new Float32Array(19 * 32 * 57).fill(Number.NaN);
  const pafs = new Float32Array(38 * 32 * 57).fill(Number.POSITIVE_INFINITY);
  for (const person of await decode('openpose', tensors(heatmaps, pafs))) {
    for (const keypoint of person.keypoints)
      t.ok(keypoint === null || Number.isFinite(keypoint.x + keypoint.y));
  }
  t.pass('decoded');
});
