import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import type { Truth } from '../../scripts/sample/make-clip.js';
import { Renderer } from '../../scripts/sample/renderer.js';
import { sceneOf } from '../../scripts/sample/scene.js';

const people = sceneOf({ seed: 1, seconds: 20, people: undefined });

t.test('the story shows one, two, three and nobody, and mostly nobody hidden', async (t) => {
  const renderer = new Renderer({ width: 192, height: 108, people, seed: 1 });
  const times = Array.from({ length: 100 }, (_, index) => index / 5);
  const frames = times.map((time, index) => renderer.render(time, index).truth.people);
  const withCount = (count: number): number => frames.filter((frame) => frame.length === count).length / 5;
  t.ok(withCount(1) >= 2, `${withCount(1)} s with one`);
  t.ok(withCount(2) >= 4, `${withCount(2)} s with two`);
  t.ok(withCount(3) >= 2, `${withCount(3)} s with three`);
  t.ok(withCount(0) >= 0.2, `${withCount(0)} s with nobody`);
  t.ok(
    frames.slice(0, 10).every((frame) => frame.length > 0),
    'somebody from the start',
  );
  const clear = frames.filter((frame) => frame.every((person) => !person.occluded)).length;
  t.ok(clear >= 60, `${clear} % of the frames show everybody wholly`);
  const hiding = frames.filter((frame) => frame.length > 1 && frame.some(({ occluded }) => occluded)).length;
  t.ok(hiding >= 5, `${hiding / 5} s with somebody hidden while two are there`);
});

t.test('the truth that is shipped is what the script makes', async (t) => {
  const file = resolve(import.meta.dirname, '../../media/sample.json');
  t.ok(existsSync(file), 'media/sample.json is there');
  const truth = JSON.parse(readFileSync(file, 'utf8')) as Truth;
  t.match(truth, { width: 960, height: 540, fps: 30 });
  t.equal(truth.frames.length, 600);
  const renderer = new Renderer({ width: truth.width, height: truth.height, people, seed: 1 });
  for (const index of [0, 150, 437]) {
    const now = renderer.render(index / truth.fps, index).truth.people;
    const shipped = truth.frames[index]?.people ?? [];
    t.same(
      now.map(({ id, occluded }) => ({ id, occluded })),
      shipped.map(({ id, occluded }) => ({ id, occluded })),
    );
    const points = now.flatMap((person) => person.keypoints);
    const expected = shipped.flatMap((person) => person.keypoints);
    // Sines differ in their last digit from machine to machine, so a tenth of a pixel may round the other way.
    const worst = points.map(([x, y], at) =>
      Math.hypot(x - (expected[at]?.[0] ?? 0), y - (expected[at]?.[1] ?? 0)),
    );
    t.ok(Math.max(...worst) < 0.2, `frame ${index}`);
  }
});
