import t from 'tap';
import { cocoSigmas } from '../../src/pose/coco-sigmas.js';
import type { RawInstance } from '../../src/pose/packed-instances.js';
import { AgreementTally } from '../../src/validate/agreement-tally.js';
import { KeypointOrder } from '../../src/validate/keypoint-order.js';
import { matchPeople } from '../../src/validate/match-people.js';
import { quantile } from '../../src/validate/quantile.js';

const names = Object.keys(cocoSigmas);
const order = new KeypointOrder(names, { model: 'm', keypoints: names });

/** 160 x 160 px, moved by `dx`. */
function person(left: number, dx = 0): RawInstance {
  const keypoints = names.map((_, k) => ({ x: left + dx + 10 * k, y: 10 * k, score: 0.5 }));
  return { id: null, score: 0.5, rawScore: 0.5, keypoints };
}

t.test('the same people agree wholly', async (t) => {
  const tally = new AgreementTally(order, order);
  tally.add([person(0), person(500)], [person(500), person(0)]);
  tally.add([], []);
  t.match(tally.figures(), {
    agreement: 1,
    pictures: 2,
    people: { seen: 2, reference: 2, matched: 2, found_share: 1 },
    oks_mean: 1,
    displacement_px: { median: 0, p95: 0, keypoints: 34 },
  });
});

t.test('who is moved, missed or made up costs agreement', async (t) => {
  const moved = new AgreementTally(order, order);
  moved.add([person(0, 6)], [person(0)]);
  const figures = moved.figures();
  t.match(figures.displacement_px, { median: 6, p95: 6, keypoints: 17 });
  t.ok((figures.oks_mean ?? 0) > 0.5 && (figures.oks_mean ?? 1) < 1, `mean OKS ${figures.oks_mean}`);
  t.ok((figures.agreement ?? 1) < 1, `agreement ${figures.agreement}`);

  const missed = new AgreementTally(order, order);
  missed.add([person(0)], [person(0), person(500)]);
  t.match(missed.figures(), { people: { matched: 1, reference: 2, found_share: 0.5 }, oks_mean: 1 });
  t.ok((missed.figures().agreement ?? 1) < 0.6);

  const madeUp = new AgreementTally(order, order);
  madeUp.add([person(500), person(0)], [person(0)]);
  t.match(madeUp.figures(), { agreement: 0.5, people: { seen: 2, matched: 1, found_share: 1 } });
});

t.test('somebody without extent is nobody to be found', async (t) => {
  const tally = new AgreementTally(order, order);
  const lone = { ...person(0), keypoints: person(0).keypoints.map((at, k) => (k === 3 ? at : null)) };
  tally.add([lone, person(500)], [lone, person(500)]);
  t.match(tally.figures(), { agreement: 1, people: { reference: 1, matched: 1 } });
  const empty = new AgreementTally(order, order);
  empty.add([person(0)], [{ ...lone, keypoints: names.map(() => null) }]);
  t.match(empty.figures(), { agreement: null, oks_mean: null, people: { found_share: null } });
});

t.test('people are paired the most alike first', async (t) => {
  const similarity = [
    [0.9, 0.8],
    [0.95, 0.1],
    [0.6, 0.79],
  ];
  t.same(matchPeople(similarity, 0.5), [
    { first: 1, second: 0, oks: 0.95 },
    { first: 0, second: 1, oks: 0.8 },
  ]);
  t.same(matchPeople(similarity, 0.9), [{ first: 1, second: 0, oks: 0.95 }]);
  t.same(matchPeople([], 0.5), []);
});

t.test('quantiles are values that were there', async (t) => {
  const values = [5, 1, 4, 2, 3, 10, 9, 8, 7, 6];
  t.equal(quantile(values, 0.5), 5);
  t.equal(quantile(values, 0.95), 10);
  t.equal(quantile(values, 0), 1);
  t.equal(quantile([], 0.5), null);
});
