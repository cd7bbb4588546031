import fc from 'fast-check';
import t from 'tap';
import { createPictureMasks } from '../../src/native/picture-masks.js';
import { CameraPicture } from '../../src/worker/camera-picture.js';

const plain = { rotate: 0, flip: 'none', masks: [] } as const;
const picture = (changes: object) => new CameraPicture({ ...plain, masks: [], ...changes });

t.test('nothing is done with a camera of which nothing is said', async (t) => {
  t.equal(picture({}).view(640, 480), undefined);
  const pixels = new Uint8Array(12).fill(9);
  picture({}).blacken(pixels, 2, 2);
  t.same(pixels, new Uint8Array(12).fill(9));
  t.same(picture({ rotate: 90 }).view(640, 480), {
    left: 0,
    top: 0,
    width: 640,
    height: 480,
    rotate: 90,
    flip: 'none',
  });
});

t.test('a roi is every pixel that it touches, and never more or none', async (t) => {
  const view = (x: number, width: number, pixels: number) => {
    const { left, width: count } = picture({ roi: { x, y: 0, width, height: 1 } }).view(pixels, 1) ?? {};
    return [left, count];
  };
  t.same(view(0.25, 0.5, 960), [240, 480]);
  t.same(view(0.1, 0.8, 540), [54, 432], 'a sum that binary numbers do not have takes no further pixel');
  t.same(view(0.3, 0.3, 10), [3, 3]);
  t.same(view(0.35, 0.3, 10), [3, 4]);
  t.same(view(1, 0.01, 10), [9, 1]);
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(part, part, fc.integer({ min: 1, max: 8192 }), (start, length, size) => {
      const width = Math.max(0.01, length * (1 - start));
      const [left = -1, count = 0] = view(start, width, size);
      const end = Math.min(size, (start + width) * size);
      return (
        left >= 0 &&
        count >= 1 &&
        left + count <= size &&
        left <= start * size + 1e-3 &&
        left + count >= end - 1e-3 &&
        (left > start * size - 1 - 1e-3 || left === size - 1) &&
        left + count < end + 1 + 1e-3
      );
    }),
  );
});

t.test('masks are black, and all else is as it was', async (t) => {
  const pixels = new Uint8Array(20 * 10 * 3).fill(7);
  picture({
    masks: [
      [
        [0.5, 0],
        [1, 0],
        [1, 1],
        [0.5, 1],
      ],
    ],
  }).blacken(pixels, 20, 10);
  for (let i = 0; i < 200; i++) {
    const column = i % 20;
    if (column !== 9) t.equal(pixels[3 * i], column < 9 ? 7 : 0); // the edge between 9 and 10 touches both
  }
});

t.test('people are followed on where networks see the same', async (t) => {
  const roi = { x: 0, y: 0, width: 0.5, height: 1 };
  const seen = picture({ roi });
  const masks = [
    [
      [0, 0],
      [0, 1],
      [1, 1],
    ],
  ];
  t.ok(seen.isSeenAs({ ...plain, masks, roi: { ...roi } }));
  for (const other of [
    { rotate: 90 },
    { flip: 'vertical' },
    { roi: { ...roi, x: 0.1 } },
    { roi: undefined },
  ]) {
    t.notOk(seen.isSeenAs({ ...plain, masks: [], roi, ...other } as never), JSON.stringify(other));
  }
});

t.test('the addon refuses what are no polygons or no picture', async (t) => {
  const triangle = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const refused = (polygons: unknown, error: typeof RangeError | typeof TypeError) =>
    t.throws(() => createPictureMasks(polygons as never), error, JSON.stringify(polygons)?.slice(0, 60));
  refused(undefined, TypeError);
  refused([[[0, 0]]], RangeError);
  refused([triangle.slice(1)], RangeError);
  refused(
    [
      [
        [0, 0],
        [1, 0],
        [1, 1.1],
      ],
    ],
    RangeError,
  );
  refused(
    [
      [
        [0, 0],
        [1, 0],
        [1, Number.NaN],
      ],
    ],
    RangeError,
  );
  refused([[[0, 0], [1, 0], [1]]], RangeError);
  refused(
    [
      [
        [0, 0],
        [1, 0],
        ['1', 1],
      ],
    ],
    TypeError,
  );
  refused(Array(33).fill(triangle), RangeError);
  refused([Array(65).fill([0, 0])], RangeError);
  const masks = createPictureMasks([triangle]);
  t.throws(() => masks.blacken(new Uint8Array(11), 2, 2), RangeError);
  t.throws(() => masks.blacken(new Uint8Array(12), 0, 2), RangeError);
  t.throws(() => masks.blacken(new Uint16Array(12) as never, 2, 2), TypeError);
  t.throws(() => masks.blacken(new Uint8Array(new SharedArrayBuffer(12)), 2, 2), TypeError);
});
