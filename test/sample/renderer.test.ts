import { createHash } from 'node:crypto';
import t from 'tap';
import { KEYPOINT_NAMES, type TruthPerson } from '../../scripts/sample/ground-truth.js';
import { LOOKS, material } from '../../scripts/sample/look.js';
import type { Person } from '../../scripts/sample/person.js';
import { Renderer } from '../../scripts/sample/renderer.js';
import { sceneOf } from '../../scripts/sample/scene.js';
import type { Action } from '../../scripts/sample/skeleton.js';
import { skeletons } from '../../src/pose/skeletons.js';

const width = 320;
const height = 180;
const story = (seed: number) =>
  new Renderer({ width, height, people: sceneOf({ seed, seconds: 20, people: undefined }), seed });
const hash = (pixels: Uint8Array): string => createHash('sha256').update(pixels).digest('hex');

const standing: Omit<Action, 'path'> = {
  heading: 0,
  turns: [],
  stride: 1,
  phase: 0,
  gestures: [{ at: -5, until: 99, arm: 'both', gesture: 'spread' }],
  glances: [],
};

/** A person with green skin and everything else white, at a place on the floor. */
function green(id: number, x: number, z: number, changes: Partial<Action> = {}): Person {
  const white = material('#ffffff');
  const [look] = LOOKS;
  if (look === undefined) throw new Error('no looks');
  const plain = { shirt: white, trousers: white, shoes: white, hair: white, hairstyle: 'short' as const };
  return {
    id,
    look: { ...look, ...plain, beard: false, skin: material('#00ff00') },
    action: { ...standing, path: [{ at: 0, x, z }], ...changes },
  };
}

function keypoint(person: TruthPerson | undefined, name: (typeof KEYPOINT_NAMES)[number]) {
  const found = person?.keypoints[KEYPOINT_NAMES.indexOf(name)];
  if (found === undefined) throw new Error(`no ${name}`);
  return { x: found[0], y: found[1], visibility: found[2] };
}

t.test('the same seed gives the same bytes, another seed gives others', async (t) => {
  const first = hash(story(1).render(4, 120).pixels);
  t.equal(hash(story(1).render(4, 120).pixels), first);
  t.not(hash(story(2).render(4, 120).pixels), first);
});

t.test('a frame does not depend on the frames before it', async (t) => {
  const renderer = story(1);
  for (const time of [1, 6, 12]) renderer.render(time, 30 * time);
  const { pixels, truth } = renderer.render(4, 120);
  const alone = story(1).render(4, 120);
  t.equal(hash(pixels), hash(alone.pixels));
  t.same(truth, alone.truth);
});

t.test('the keypoints are in the order of the openpose18 skeleton', async (t) => {
  t.same(KEYPOINT_NAMES, skeletons.openpose18.keypoints);
});

t.test('a visible joint of a bare arm lies on skin, and the hips on clothes', async (t) => {
  const { pixels, truth } = new Renderer({ width, height, people: [green(0, 0, 4.8)], seed: 1 }).render(0, 0);
  const colourAt = ({ x, y }: { x: number; y: number }): number[] => {
    const at = (Math.floor(y) * width + Math.floor(x)) * 3;
    return [...pixels.subarray(at, at + 3)];
  };
  const [person] = truth.people;
  for (const name of ['left_wrist', 'right_wrist', 'left_elbow', 'right_elbow'] as const) {
    const joint = keypoint(person, name);
    const [r, g, b] = colourAt(joint) as [number, number, number];
    t.equal(joint.visibility, 2, `${name} is visible`);
    t.ok(g > 1.5 * r && g > 1.5 * b, `${name} is green: ${r} ${g} ${b}`);
  }
  for (const name of ['left_hip', 'right_hip', 'left_knee'] as const) {
    const [r, g, b] = colourAt(keypoint(person, name)) as [number, number, number];
    t.ok(Math.abs(g - r) < 40 && Math.abs(g - b) < 40, `${name} is white: ${r} ${g} ${b}`);
  }
  t.ok(keypoint(person, 'left_wrist').x > keypoint(person, 'right_wrist').x, 'its left is on the right');
  t.ok(keypoint(person, 'nose').y < keypoint(person, 'neck').y);
});

t.test('a face that looks away is hidden, and the back of the arms is not', async (t) => {
  const people = [green(0, 0, 5, { heading: 180 })];
  const [person] = new Renderer({ width, height, people, seed: 1 }).render(0, 0).truth.people;
  for (const name of ['nose', 'left_eye', 'right_eye'] as const)
    t.equal(keypoint(person, name).visibility, 1);
  t.equal(keypoint(person, 'left_wrist').visibility, 2);
  t.equal(person?.occluded, false);
});

t.test('who stands behind somebody is occluded, and says which joints', async (t) => {
  const gestures: Action['gestures'] = [];
  const people = [green(4, 0, 6, { gestures }), green(7, 0.02, 4.8, { gestures })];
  const [behind, before] = new Renderer({ width, height, people, seed: 1 }).render(0, 0).truth.people;
  t.match(behind, { id: 4, occluded: true });
  t.match(before, { id: 7, occluded: false });
  t.equal(keypoint(behind, 'neck').visibility, 1);
  t.equal(keypoint(before, 'neck').visibility, 2);
});

t.test('the border cuts: joints beyond it are outside, who is wholly beyond it is not listed', async (t) => {
  const people = [green(0, 2.45, 4.8), green(1, 9, 4.8)];
  const { truth } = new Renderer({ width, height, people, seed: 1 }).render(0, 0);
  t.equal(truth.people.length, 1);
  const [person] = truth.people;
  t.equal(person?.occluded, true);
  t.match(keypoint(person, 'left_wrist'), { visibility: 0 });
  t.ok(keypoint(person, 'left_wrist').x >= width);
  t.equal(keypoint(person, 'right_wrist').visibility, 2);
});

t.test('a crowd is made up for the asked number, and stays in the picture', async (t) => {
  for (const count of [1, 2, 5]) {
    const people = sceneOf({ seed: 3, seconds: 20, people: count });
    t.equal(people.length, count);
    const renderer = new Renderer({ width: 96, height: 54, people, seed: 3 });
    let seen = 0;
    for (let time = 0; time < 20; time++) seen += renderer.render(time, time).truth.people.length;
    t.equal(seen, count * 20);
  }
});
