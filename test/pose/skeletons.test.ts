import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Skeleton, skeletonNames, skeletons } from '../../src/pose/skeletons.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

/** The same keypoint of the other side; itself where it lies in the middle. */
function mirrored(name: string): string {
  return name.replace(/left|right/, (side) => (side === 'left' ? 'right' : 'left'));
}

/** A limb by names, whichever end is named first. */
function limbName(ends: readonly string[]): string {
  return [...ends].sort().join('-');
}

function limbsByName({ keypoints, limbs }: Skeleton): string[] {
  return limbs.map((ends) => limbName(ends.map((end) => keypoints[end] as string))).sort();
}

for (const [key, skeleton] of Object.entries(skeletons)) {
  t.test(`${key} is sound`, async (t) => {
    const { name, keypoints, limbs } = skeleton;
    t.equal(name, key);
    t.ok(name.endsWith(String(keypoints.length)), 'as many keypoints as its name says');
    t.equal(new Set(keypoints).size, keypoints.length, 'names are unique');
    for (const keypoint of keypoints) t.match(keypoint, /^[a-z]+(_[a-z]+)*$/);
    for (const [from, to] of limbs) {
      t.ok(keypoints[from] !== undefined && keypoints[to] !== undefined, `limb ${from}-${to} has both ends`);
      t.not(from, to);
    }
    t.equal(new Set(limbsByName(skeleton)).size, limbs.length, 'no limb is there twice');
    t.same(keypoints.map(mirrored).sort(), [...keypoints].sort(), 'what is on one side is on the other');
    const swapped = { ...skeleton, keypoints: keypoints.map(mirrored) };
    t.same(limbsByName(swapped), limbsByName(skeleton), 'limbs are the same on both sides');
  });
}

t.test('names that two skeletons share mean the same keypoint', async (t) => {
  t.same(Object.keys(skeletons).sort(), [...skeletonNames].sort());
  const { coco17, openpose18, trt_pose18, blazepose33 } = skeletons;
  for (const name of coco17.keypoints) {
    for (const other of [openpose18, trt_pose18, blazepose33]) {
      t.ok(other.keypoints.includes(name), `${other.name} has ${name}`);
    }
  }
  t.same([...openpose18.keypoints].sort(), [...trt_pose18.keypoints].sort());
});

t.test('trt_pose18 is the reference topology', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const file = join(shared, 'golden/trt_pose/topology.json');
  const { keypoints, topology } = JSON.parse(readFileSync(file, 'utf8'));
  t.same(skeletons.trt_pose18.keypoints, keypoints);
  t.same(
    skeletons.trt_pose18.limbs,
    topology.map(([, , from, to]: number[]) => [from, to]),
    'its links, in the order of the field channels',
  );
});
