import t from 'tap';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';
import { evaluateKeypoints, type KeypointFigures } from '../../src/validate/evaluate-keypoints.js';
import type { EvaluatedPicture, TruePerson } from '../../src/validate/match-picture.js';
import { type CocoCase, CocoCaseMaker } from '../support/coco-case.js';
import { pycocotoolsFigures, requirePycocotools } from '../support/pycocotools.js';

const sigmas = Object.values(cocoSigmas);

function pictures({ annotations: file, results }: CocoCase): EvaluatedPicture[] {
  return file.images.map(({ id }) => ({
    id,
    truth: file.annotations
      .filter(({ image_id }) => image_id === id)
      .map(({ keypoints, bbox: box, area, num_keypoints, iscrowd }) => {
        const crowd = iscrowd === 1;
        return { keypoints, box, area, crowd, ignored: crowd || num_keypoints === 0 };
      }),
    found: results.filter(({ image_id }) => image_id === id),
  }));
}

/** Ours as COCO prints them. */
function inOrder(figures: KeypointFigures): number[] {
  return Object.values(figures).map((figure: number | null) => figure ?? -1);
}

t.test('AP and AR are those of pycocotools', { timeout: 240_000 }, async (t) => {
  if (!requirePycocotools(t)) return;
  const maker = new CocoCaseMaker(20_260_101);
  const cases = [
    ...Array.from({ length: 300 }, () => maker.make(1, 3)),
    ...Array.from({ length: 60 }, () => maker.make(10, 5)),
    maker.make(400, 8),
    { ...maker.make(20, 3), results: [] },
  ];
  const references = pycocotoolsFigures(cases);
  let worst = 0;
  for (const [index, reference] of references.entries()) {
    const ours = inOrder(evaluateKeypoints(pictures(cases[index] as CocoCase), sigmas));
    const difference = Math.max(
      ...ours.map((value, figure) => Math.abs(value - (reference[figure] as number))),
    );
    if (!(difference <= 1e-6)) t.same(ours, reference, `case ${index}`);
    worst = Math.max(worst, difference);
  }
  t.equal(references.length, cases.length);
  t.ok(worst <= 1e-6, `largest difference over ${cases.length} cases: ${worst}`);
  // The cases are worth comparing: they differ, every figure is met, and none is trivial throughout.
  for (let figure = 0; figure < 10; figure++) {
    const values = new Set(references.map((reference) => reference[figure]));
    t.ok(values.size > 40, `figure ${figure} takes ${values.size} values`);
  }
  t.ok(
    references.some((reference) => reference.includes(-1)),
    'a range without people is met',
  );
});

/** A person of 100 x 200 px with every keypoint at a place of its own. */
function person(left: number): TruePerson {
  const keypoints = sigmas.flatMap((_, k) => [left + 6 * k, 11 * k, 2]);
  return { keypoints, box: [left, 0, 100, 200], area: 12_000, ignored: false, crowd: false };
}

t.test('everybody found is 1, nobody found is 0, nobody there is null', async (t) => {
  const truth = [person(0), person(300)];
  const found = truth.map(({ keypoints }) => ({ keypoints, score: 0.5 }));
  const all = { ap: 1, ap50: 1, ap75: 1, ap_medium: null, ap_large: 1 };
  const recall = { ar: 1, ar50: 1, ar75: 1, ar_medium: null, ar_large: 1 };
  t.same(evaluateKeypoints([{ id: 1, truth, found }], sigmas), { ...all, ...recall });
  t.match(evaluateKeypoints([{ id: 1, truth, found: [] }], sigmas), { ap: 0, ar: 0, ap_medium: null });
  t.match(evaluateKeypoints([{ id: 1, truth: [], found }], sigmas), { ap: null, ar: null });
  t.match(evaluateKeypoints([], sigmas), { ap: null });
});

t.test('whom nobody has to find costs nothing, found or not', async (t) => {
  const ignored = { ...person(300), ignored: true };
  const truth = [person(0), ignored];
  const found = truth.map(({ keypoints }) => ({ keypoints, score: 0.5 }));
  t.match(evaluateKeypoints([{ id: 1, truth, found }], sigmas), { ap: 1, ar: 1 });
  t.match(evaluateKeypoints([{ id: 1, truth, found: found.slice(0, 1) }], sigmas), { ap: 1, ar: 1 });
});

t.test('a wrong person costs precision by its rank', async (t) => {
  const truth = [person(0)];
  const [right, wrong] = [person(0).keypoints, person(400).keypoints];
  const ap = (rightScore: number): number | null =>
    evaluateKeypoints(
      [
        {
          id: 1,
          truth,
          found: [
            { keypoints: right, score: rightScore },
            { keypoints: wrong, score: 0.5 },
          ],
        },
      ],
      sigmas,
    ).ap;
  t.equal(ap(0.6), 1);
  t.equal(ap(0.4), 0.5);
});
