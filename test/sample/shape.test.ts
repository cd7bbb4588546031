import t from 'tap';
import { randomSequence } from '../../scripts/sample/random.js';
import { cone, ellipsoid, entryDepth, type Shape, surfaceNear } from '../../scripts/sample/shape.js';
import { add, dot, normalize, scale, subtract, type Vec3, vec } from '../../scripts/sample/vector.js';

const grey = { colour: vec(0.5, 0.5, 0.5), shine: 0 };
const random = randomSequence(20);
const within = (low: number, high: number): number => low + (high - low) * random();
const anyPoint = (reach: number): Vec3 =>
  vec(within(-reach, reach), within(-reach, reach), within(-reach, reach));

function anyCone(): Shape {
  const from = anyPoint(0.5);
  const to = add(from, scale(normalize(anyPoint(1)), within(0.3, 0.8)));
  return cone({ from, to, radii: [within(0.05, 0.3), within(0.05, 0.3)], material: grey });
}

function enter(shape: Shape, from: Vec3, ray: Vec3): number {
  const local = (v: Vec3): [number, number, number] => [dot(shape.x, v), dot(shape.y, v), dot(shape.z, v)];
  return entryDepth(shape, ...local(subtract(from, shape.origin)), ...local(ray));
}

function distanceTo(shape: Shape, point: Vec3): number {
  const out = new Float64Array(4);
  surfaceNear(shape, point, out);
  return out[3] as number;
}

t.test('a ray enters where the surface is, and has been outside until there', async (t) => {
  let hits = 0;
  for (let round = 0; round < 400; round++) {
    const shape = anyCone();
    const from = scale(normalize(anyPoint(1)), 4);
    const aim = add(shape.origin, anyPoint(0.35));
    const ray = scale(subtract(aim, from), 0.5);
    const depth = enter(shape, from, ray);
    const end = Number.isFinite(depth) ? depth : 4;
    for (let step = 0; step < 200; step++) {
      const distance = distanceTo(shape, add(from, scale(ray, (end * step) / 200)));
      if (distance < -1e-9) t.fail(`inside at step ${step} of 200 before the entry at ${depth}`);
    }
    if (!Number.isFinite(depth)) continue;
    hits++;
    const distance = distanceTo(shape, add(from, scale(ray, depth)));
    if (Math.abs(distance) > 1e-9) t.fail(`the entry lies ${distance} m off the surface`);
  }
  t.ok(hits > 100 && hits < 400, `${hits} of 400 rays hit, the rest missed`);
});

t.test('an ellipsoid is as long along each axis as it was made', async (t) => {
  const shape = ellipsoid({
    centre: vec(1, 2, 3),
    axes: [vec(1, 0, 0), vec(0, 1, 0), vec(0, 0, 1)],
    radii: [0.5, 0.2, 0.1],
    material: grey,
  });
  t.ok(Math.abs(enter(shape, vec(0, 2, 3), vec(1, 0, 0)) - 0.5) < 1e-12);
  t.ok(Math.abs(enter(shape, vec(1, 0, 3), vec(0, 1, 0)) - 1.8) < 1e-12);
  t.ok(Math.abs(enter(shape, vec(1, 2, 0), vec(0, 0, 2)) - 1.45) < 1e-12);
  t.equal(enter(shape, vec(0, 2.21, 3), vec(1, 0, 0)), Number.POSITIVE_INFINITY);
});

t.test('a flat cone is thin along one direction only', async (t) => {
  const shape = cone({
    from: vec(0, 0, 0),
    to: vec(0, 1, 0),
    radii: [0.2, 0.2],
    material: grey,
    flat: { along: vec(0, 0, 1), by: 0.5 },
  });
  t.ok(Math.abs(enter(shape, vec(0, 0.5, -1), vec(0, 0, 1)) - 0.9) < 1e-12);
  t.ok(Math.abs(enter(shape, vec(-1, 0.5, 0), vec(1, 0, 0)) - 0.8) < 1e-12);
});

t.test('a cone whose one sphere swallows the other is refused', async (t) => {
  t.throws(() => cone({ from: vec(0, 0, 0), to: vec(0, 0.1, 0), radii: [0.3, 0.1], material: grey }), /cone/);
});
