import t from 'tap';
import type { Instance, Keypoint } from '../../src/pose/instance.js';
import {
  keepSkeleton,
  mapInstances,
  mapSkeleton,
  type SkeletonMapping,
} from '../../src/pose/map-skeleton.js';
import { type Skeleton, skeletons } from '../../src/pose/skeletons.js';

const { openpose18, blazepose33, coco17, trt_pose18 } = skeletons;

/** Somebody whose every keypoint is told from all others; those named in `without` are absent. */
function somebody({ keypoints }: Skeleton, without: readonly string[] = []): Instance {
  const at = (name: string, index: number): Keypoint | null =>
    without.includes(name) ? null : { x: 10 * index, y: 5 * index + 1, score: 1 - index / 100 };
  return { id: 7, score: 0.5, keypoints: keypoints.map(at) };
}

function mapping(from: Skeleton, to: Skeleton): SkeletonMapping {
  const found = mapSkeleton(from, to);
  if (found === undefined) throw new Error(`${from.name} and ${to.name} share nothing`);
  return found;
}

/** The first of the people, by names. */
function named(people: readonly Instance[], { keypoints }: Skeleton): Record<string, Keypoint | null> {
  return Object.fromEntries(keypoints.map((name, index) => [name, people[0]?.keypoints[index] ?? null]));
}

for (const from of Object.values(skeletons)) {
  for (const to of [coco17, openpose18]) {
    t.test(`${from.name} as ${to.name}: every name that both have keeps its keypoint`, async (t) => {
      const person = somebody(from);
      const mapped = mapInstances([person], mapping(from, to));
      t.equal(mapped[0]?.keypoints.length, to.keypoints.length);
      t.match(mapped[0], { id: 7, score: 0.5 }, 'id and score are the model’s');
      const [before, after] = [named([person], from), named(mapped, to)];
      for (const name of to.keypoints.filter((one) => from.keypoints.includes(one))) {
        t.same(after[name], before[name], name);
      }
      const made = to.keypoints.filter((name) => !from.keypoints.includes(name));
      t.same(made, to === openpose18 && from !== trt_pose18 && from !== openpose18 ? ['neck'] : []);
    });
  }
}

t.test('a neck is made of both shoulders, with the lesser score', async (t) => {
  for (const from of [coco17, blazepose33]) {
    const person = somebody(from);
    const { left_shoulder, right_shoulder } = named([person], from);
    if (!left_shoulder || !right_shoulder) throw new Error('both are there');
    const { neck } = named(mapInstances([person], mapping(from, openpose18)), openpose18);
    t.same(neck, {
      x: (left_shoulder.x + right_shoulder.x) / 2,
      y: (left_shoulder.y + right_shoulder.y) / 2,
      score: Math.min(left_shoulder.score, right_shoulder.score),
    });
    for (const side of ['left_shoulder', 'right_shoulder']) {
      const half = mapInstances([somebody(from, [side])], mapping(from, openpose18));
      t.equal(named(half, openpose18).neck, null, `none without ${side}`);
    }
  }
  const absent = mapInstances([somebody(trt_pose18, ['neck'])], mapping(trt_pose18, openpose18));
  t.equal(named(absent, openpose18).neck, null, 'a neck that the model has and did not see is not made up');
});

t.test('absent keypoints stay absent, and who has none left is left out', async (t) => {
  const person = somebody(blazepose33, ['left_wrist', 'nose']);
  const { left_wrist, nose, right_wrist } = named(
    mapInstances([person], mapping(blazepose33, coco17)),
    coco17,
  );
  t.same([left_wrist, nose], [null, null]);
  t.not(right_wrist, null);
  const hands = somebody(blazepose33, coco17.keypoints);
  t.same(mapInstances([hands], mapping(blazepose33, coco17)), []);
  t.same(mapInstances([], mapping(blazepose33, coco17)), []);
});

t.test('a skeleton of the user’s own is understood by its names', async (t) => {
  const own: Skeleton = {
    name: 'own',
    keypoints: ['tail', 'right_shoulder', 'left_shoulder', 'nose'],
    limbs: [[0, 1]],
  };
  const person = somebody(own);
  const [tail, right, left, nose] = person.keypoints;
  const seen = named(mapInstances([person], mapping(own, coco17)), coco17);
  t.same([seen.nose, seen.left_shoulder, seen.right_shoulder], [nose, left, right]);
  const others = coco17.keypoints.filter((name) => !own.keypoints.includes(name));
  for (const name of others) t.equal(seen[name], null, `${name} is not known to it`);
  t.ok(named(mapInstances([person], mapping(own, openpose18)), openpose18).neck, 'but it has a neck');
  t.not(tail, null);

  const other: Skeleton = { name: 'other', keypoints: ['tail', 'Nose', 'neck2'], limbs: [] };
  t.equal(mapSkeleton(other, coco17), undefined, 'nothing is shared');
  t.equal(
    mapSkeleton({ ...other, keypoints: ['neck'] }, coco17),
    undefined,
    'a neck alone is none of COCO’s',
  );
});

t.test('nothing is copied where nothing changes', async (t) => {
  const people = [somebody(coco17)];
  t.equal(mapInstances(people, mapping(coco17, coco17)), people);
  t.equal(mapInstances(people, keepSkeleton(coco17)), people);
  const renamed = { ...coco17, name: 'renamed' };
  t.same(mapping(renamed, coco17), { to: coco17, origins: null }, 'another name for the same keypoints');
});

t.test('a mapping is plain data: it survives the way to another process', async (t) => {
  const made = mapping(blazepose33, openpose18);
  const people = [somebody(blazepose33)];
  t.same(structuredClone(made), made);
  t.same(mapInstances(people, structuredClone(made)), mapInstances(people, made));
});
