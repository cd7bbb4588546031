import t from 'tap';
import { unpackInstances, unpackTimings } from '../../src/pose/packed-instances.js';

const packed = Float32Array.of(
  ...[1, 2, 3, 4, 5, 6, 2, 2],
  ...[0.5, 7.25, -1, 10, 20, 0.75, Number.NaN, Number.NaN, 0],
  ...[0.25, 1.5, 3, Number.NaN, Number.NaN, 0, 30, 40, 0.125],
);

t.test('timings come first', async (t) => {
  t.same(unpackTimings(packed), { wait: 1, preprocess: 2, infer: 3, decode: 4, detect: 5, person: 6 });
});

t.test('people follow, absent keypoints are null, an untracked person has no id', async (t) => {
  t.same(unpackInstances(packed), [
    { id: null, score: 0.5, rawScore: 7.25, keypoints: [{ x: 10, y: 20, score: 0.75 }, null] },
    { id: 3, score: 0.25, rawScore: 1.5, keypoints: [null, { x: 30, y: 40, score: 0.125 }] },
  ]);
});

t.test('nobody', async (t) => {
  t.same(unpackInstances(Float32Array.of(0, 0, 0, 0, Number.NaN, Number.NaN, 0, 18)), []);
});
