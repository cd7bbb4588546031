import t from 'tap';
import { Camera } from '../../scripts/sample/camera.js';
import { add, scale, type Vec3, vec } from '../../scripts/sample/vector.js';

const straight = new Camera({
  width: 800,
  height: 400,
  position: vec(0, 1, 0),
  target: vec(0, 1, 5),
  view: Math.PI / 2,
});

t.test('a point on the line of sight is the corner where the four middle pixels meet', async (t) => {
  t.same(straight.project(vec(0, 1, 5)), { x: 400, y: 200, depth: 5 });
});

t.test('a view of 90 degrees spans as much as twice the depth', async (t) => {
  const cases: [Vec3, [number, number]][] = [
    [vec(3, 1, 3), [800, 200]],
    [vec(-3, 1, 3), [0, 200]],
    // One metre up or right is the same number of pixels, and up is a smaller y.
    [vec(1, 2, 4), [500, 100]],
  ];
  for (const [point, [x, y]] of cases) {
    const seen = straight.project(point);
    t.ok(Math.hypot(seen.x - x, seen.y - y) < 1e-9, `${x}, ${y}`);
  }
});

t.test('what is seen twice as far is half as large', async (t) => {
  const near = straight.project(vec(1, 1, 3)).x - 400;
  const far = straight.project(vec(1, 1, 6)).x - 400;
  t.ok(Math.abs(near - 2 * far) < 1e-9);
});

t.test('ray is the inverse of project, for a camera that looks down to one side', async (t) => {
  const tilted = new Camera({
    width: 960,
    height: 540,
    position: vec(0.4, 1.7, -0.3),
    target: vec(-1, 0.5, 6),
    view: 0.9,
  });
  for (const point of [vec(0, 0, 4), vec(-2, 1.9, 7), vec(1.2, 0.3, 5)]) {
    const { x, y, depth } = tilted.project(point);
    const back = add(tilted.position, scale(tilted.ray(x, y), depth));
    t.ok(Math.hypot(back.x - point.x, back.y - point.y, back.z - point.z) < 1e-9);
  }
});
