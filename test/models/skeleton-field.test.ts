import t from 'tap';
import { skeletonField, toSkeleton } from '../../src/models/skeleton-field.js';
import { skeletons } from '../../src/pose/skeletons.js';

const hand = {
  name: 'hand3',
  keypoints: ['wrist', 'thumb-1', 'thumb.2'],
  limbs: [
    ['wrist', 1],
    ['thumb-1', 'thumb.2'],
  ],
};

t.test('a name stands for a skeleton of ours', async (t) => {
  for (const [name, skeleton] of Object.entries(skeletons)) {
    t.equal(toSkeleton(skeletonField.parse(name)), skeleton);
  }
});

t.test('a skeleton of the user’s own: limbs by name or position become positions', async (t) => {
  const field = skeletonField.parse(hand);
  t.same(field, hand, 'it is kept as it was written');
  t.same(toSkeleton(field), {
    name: 'hand3',
    keypoints: ['wrist', 'thumb-1', 'thumb.2'],
    limbs: [
      [0, 1],
      [1, 2],
    ],
  });
  t.same(toSkeleton(skeletonField.parse({ ...hand, limbs: [] })).limbs, []);
  const most = Array.from({ length: 256 }, (_, index) => `point${index}`);
  t.equal(
    toSkeleton(skeletonField.parse({ name: 'most', keypoints: most, limbs: [] })).keypoints.length,
    256,
  );
});

t.test('what is no skeleton is refused, and the limb that is wrong is named', async (t) => {
  const wrong: Record<string, unknown[]> = {
    name: ['', 'a b', 'openpose18', 'coco17', '../x', 'ä', 'n'.repeat(65), null, 7],
    keypoints: [
      [],
      ['a', 'a'],
      ['a', ''],
      ['a b'],
      [1],
      null,
      Array.from({ length: 257 }, (_, i) => `p${i}`),
    ],
    limbs: [
      [['wrist', 'wrist']],
      [['wrist', 0]],
      [['wrist', 'elbow']],
      [[0, 3]],
      [[0, -1]],
      [[0, 1.5]],
      [[0]],
      [[0, 1, 2]],
      Array(1025).fill([0, 1]),
      null,
    ],
    more: [1],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const { success } = skeletonField.safeParse({ ...hand, [key]: value });
      t.notOk(success, `${key}: ${JSON.stringify(value)?.slice(0, 50)}`);
    }
  }
  for (const value of ['coco', '', null, 17, []]) t.notOk(skeletonField.safeParse(value).success);
  const faults = (field: unknown): string[] =>
    (skeletonField.safeParse(field).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  const limbs = [
    ['wrist', 1],
    ['wrist', 'elbow'],
  ];
  t.same(faults({ ...hand, limbs }), ['limbs.1: expected two different keypoints of the skeleton']);
  t.match(faults('coco'), [/expected openpose18, .* or a skeleton with name, keypoints and limbs/]);
});
