import t from 'tap';
import { publishedSkeleton } from '../../src/agent/published-skeleton.js';
import { type Skeleton, skeletons } from '../../src/pose/skeletons.js';

const hand: Skeleton = { name: 'hand2', keypoints: ['thumb', 'index'], limbs: [[0, 1]] };
const as = (skeleton: 'native' | 'coco17' | 'openpose18') => ({ output: { skeleton } });

t.test('native is the model’s own, whatever that is', async (t) => {
  for (const skeleton of [...Object.values(skeletons), hand]) {
    t.equal(publishedSkeleton(as('native'), { id: 'net', skeleton }).to, skeleton);
  }
});

t.test('another is what the configuration names', async (t) => {
  for (const wanted of ['coco17', 'openpose18'] as const) {
    const { to } = publishedSkeleton(as(wanted), { id: 'net', skeleton: skeletons.blazepose33 });
    t.equal(to, skeletons[wanted]);
  }
});

t.test('a model without any of its keypoints is refused by name', async (t) => {
  t.throws(() => publishedSkeleton(as('coco17'), { id: 'hands', skeleton: hand }), {
    code: 'SKELETON_MISMATCH',
    message: /output\.skeleton is coco17, of which the model hands has no keypoint: its skeleton is hand2/,
  });
});
