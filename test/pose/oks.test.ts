import t from 'tap';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';
import { type OksReference, oks } from '../../src/pose/oks.js';

const sigmas = [0.1, 0.05];

/** Two keypoints in a box of 40 x 20 px. */
function reference(...visibility: [number, number]): OksReference {
  return {
    keypoints: [10, 10, visibility[0], 30, 20, visibility[1]],
    box: [0, 0, 40, 20],
    area: 400,
  };
}

t.test('the same place is 1, and each keypoint falls with its distance', async (t) => {
  t.equal(oks(reference(2, 1), [10, 10, 0, 30, 20, 0], sigmas), 1);
  // exp(-d² / (2 s² (2 sigma)²)): 4 px at sigma 0.1 are one deviation of 20 px * 0.2, 2 px one at sigma 0.05.
  const oneOff = oks(reference(2, 2), [14, 10, 1, 30, 20, 1], sigmas);
  t.ok(Math.abs(oneOff - (Math.exp(-0.5) + 1) / 2) < 1e-12, String(oneOff));
  const bothOff = oks(reference(2, 2), [10, 6, 1, 28, 20, 1], sigmas);
  t.ok(Math.abs(bothOff - Math.exp(-0.5)) < 1e-12, String(bothOff));
});

t.test('what is not labelled does not count', async (t) => {
  t.equal(oks(reference(2, 0), [10, 10, 1, 500, 500, 1], sigmas), 1);
  t.ok(oks(reference(2, 2), [10, 10, 1, 500, 500, 1], sigmas) < 0.5001);
});

t.test('without labels the box counts, grown by its own size', async (t) => {
  const at = (x: number, y: number): number => oks(reference(0, 0), [x, y, 1, x, y, 1], sigmas);
  t.equal(at(-40, 40), 1);
  t.equal(at(80, -20), 1);
  t.ok(at(84, 0) < 1 && at(84, 0) > 0.1 && at(-44, 0) === at(84, 0));
  t.ok(at(0, 44) < 1 && at(0, -24) === at(0, 44));
});

t.test('an area of 0 is the same place or nothing', async (t) => {
  const line = { ...reference(2, 2), area: 0 };
  t.equal(oks(line, [10, 10, 1, 30, 20, 1], sigmas), 1);
  t.equal(oks(line, [11, 10, 1, 31, 20, 1], sigmas), 0);
  t.equal(oks(line, [], []), 0);
});

t.test('COCO has 17 keypoints', async (t) => {
  t.equal(Object.keys(cocoSigmas).length, 17);
});
