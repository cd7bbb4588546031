import t from 'tap';
import { drawSkeletons } from '../../src/camera/draw-skeleton.js';
import { loadOpencv, type Mat } from '../../src/camera/opencv.js';
import type { Instance } from '../../src/pose/instance.js';
import { skeletons } from '../../src/pose/skeletons.js';

const skeleton = skeletons.openpose18;

function grey(width: number, height: number): Mat {
  const cv = loadOpencv();
  return new cv.Mat(Buffer.alloc(width * height * 3, 120), height, width, cv.CV_8UC3);
}

/** BGR at a point. */
function colourAt(picture: Mat, x: number, y: number): number[] {
  const at = (Math.round(y) * picture.cols + Math.round(x)) * 3;
  return [...picture.getData().subarray(at, at + 3)];
}

function personWith(points: Record<string, [number, number, number?]>, id: number | null = null): Instance {
  const keypoints = skeleton.keypoints.map((name) => {
    const point = points[name];
    return point === undefined ? null : { x: point[0], y: point[1], score: point[2] ?? 1 };
  });
  return { id, score: 1, keypoints };
}

t.test('limbs are coloured by side, where both of their ends are present', (t) => {
  const picture = grey(640, 480);
  drawSkeletons(
    picture,
    [
      personWith({
        left_shoulder: [400, 100],
        left_elbow: [400, 200],
        right_shoulder: [200, 100],
        right_elbow: [200, 200],
        right_wrist: [200, 300, 0.05],
      }),
    ],
    skeleton,
  );
  const [blueLeft, , redLeft] = colourAt(picture, 400, 150) as [number, number, number];
  const [blueRight, , redRight] = colourAt(picture, 200, 150) as [number, number, number];
  t.ok(blueLeft > 200 && redLeft < 100, 'left is blue');
  t.ok(redRight > 200 && blueRight < 100, 'right is orange');
  t.strictSame(colourAt(picture, 200, 250), [120, 120, 120], 'a keypoint of low score has no limb');
  t.strictSame(colourAt(picture, 300, 150), [120, 120, 120], 'the rest is untouched');
  t.end();
});

t.test('lines grow with the picture, so that a drawing looks alike at every size', (t) => {
  const widths = [0.5, 1, 2].map((factor) => {
    const picture = grey(960 * factor, 540 * factor);
    const s = (value: number): number => value * factor;
    const points = { left_hip: [s(480), s(100)], left_knee: [s(480), s(400)] } as Record<
      string,
      [number, number]
    >;
    drawSkeletons(picture, [personWith(points)], skeleton);
    const row = picture.getData().subarray(s(250) * picture.cols * 3, (s(250) + 1) * picture.cols * 3);
    return row.filter((value) => value !== 120).length / 3 / factor;
  });
  const [small, middle, large] = widths as [number, number, number];
  for (const width of [small, large]) t.ok(Math.abs(width / middle - 1) < 0.35, `${widths}`);
  t.end();
});

t.test('an id is drawn above the head, inside the picture; people out of it harm nothing', (t) => {
  const picture = grey(320, 240);
  drawSkeletons(picture, [personWith({ nose: [160, 100] }, 7)], skeleton);
  const bare = grey(320, 240);
  drawSkeletons(bare, [personWith({ nose: [160, 100] })], skeleton);
  const above = (mat: Mat): number =>
    mat
      .getData()
      .subarray(0, 90 * 320 * 3)
      .filter((value) => value !== 120).length;
  t.equal(above(bare), 0);
  t.ok(above(picture) > 100);
  const edge = grey(320, 240);
  drawSkeletons(
    edge,
    [
      personWith({ nose: [2, 1], neck: [3, 5] }, 123456),
      personWith({ nose: [-500, -500], neck: [5000, 5000] }, 1),
      personWith({}, 2),
    ],
    skeleton,
  );
  t.equal(edge.getData().length, 320 * 240 * 3);
  t.end();
});
