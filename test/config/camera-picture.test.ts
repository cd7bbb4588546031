import t from 'tap';
import { loadConfig } from '../../src/config/load-config.js';
import { parseConfig } from '../../src/config/parse-config.js';

const parse = (picture: object) => parseConfig({ cameras: [{ id: 'a', ...picture }] });
const square = [
  [0, 0],
  [0.5, 0],
  [0.5, 0.5],
  [0, 0.5],
];

/** Paths and expectations of what is said against it. */
function problems(picture: object): string[] {
  const result = parse(picture);
  return 'problems' in result ? result.problems.map(({ path, expected }) => `${path}: ${expected}`) : [];
}

t.test('a picture is looked at as it is where nothing is said', async (t) => {
  t.match(parse({}), { config: { cameras: [{ rotate: 0, flip: 'none', masks: [] }] } });
  t.notOk('roi' in ((parse({}) as { config: { cameras: object[] } }).config.cameras[0] as object));
});

t.test('turns, mirrors, parts and masks are taken', async (t) => {
  for (const picture of [
    { rotate: 270, flip: 'vertical' },
    { roi: { x: 0.3, y: 0.1, width: 0.7, height: 0.9 } },
    { roi: { x: 0, y: 0, width: 1, height: 1 } },
    { roi: { x: 0.99, y: 0.99, width: 0.01, height: 0.01 } },
    { masks: Array.from({ length: 32 }, () => Array.from({ length: 8 }, (_, i) => [i / 64, 1])) },
  ]) {
    t.match(parse(picture), { config: { cameras: [picture] } }, JSON.stringify(picture).slice(0, 80));
  }
  const { config } = loadConfig({
    environment: {
      HOME: '/h',
      EDGE_POSE_CAMERAS__0__MASKS: JSON.stringify([square]),
      EDGE_POSE_CAMERAS__0__ROTATE: '90',
      EDGE_POSE_CAMERAS__0__ROI: '{x: 0, y: 0.5, width: 1, height: 0.5}',
    },
  });
  t.match(config.cameras[0], { rotate: 90, masks: [square], roi: { y: 0.5 } });
});

t.test('what is wrong is told with its path', async (t) => {
  const number = 'a number from 0 to 1';
  t.same(problems({ rotate: 45 }), ['cameras.0.rotate: one of 0, 90, 180, 270']);
  t.same(problems({ rotate: '90' }), ['cameras.0.rotate: one of 0, 90, 180, 270']);
  t.same(problems({ flip: 'both' }), ['cameras.0.flip: one of none, horizontal, vertical']);
  t.match(problems({ roi: [0, 0, 1, 1] }), [/^cameras\.0\.roi: a mapping with x, y, width and height/]);
  t.match(problems({ roi: { x: 0, y: 0, width: 0, height: 1 } }), [
    /^cameras\.0\.roi\.width: a number from 0\.01/,
  ]);
  t.same(problems({ roi: { x: 0, y: -0.1, width: 1, height: 1 } }), [`cameras.0.roi.y: ${number}`]);
  t.match(problems({ roi: { x: 0.5, y: 0.2, width: 0.6, height: 0.9 } }), [
    /^cameras\.0\.roi\.width: at most 1 - x/,
    /^cameras\.0\.roi\.height: at most 1 - y/,
  ]);
  t.same(
    problems({
      masks: [
        square,
        [
          [0, 0],
          [1, 0],
          [1, 1.01],
        ],
      ],
    }),
    [`cameras.0.masks.1.2.1: ${number}`],
  );
  t.same(
    problems({
      masks: [
        [
          [0, 0],
          [1, 0],
          [1, Number.NaN],
        ],
      ],
    }),
    [`cameras.0.masks.0.2.1: ${number}`],
  );
  t.match(problems({ masks: [square.slice(0, 2)] }), [/^cameras\.0\.masks\.0: a polygon: a list of 3 to 64/]);
  t.match(problems({ masks: [Array(65).fill([0, 0])] }), [/^cameras\.0\.masks\.0: a polygon/]);
  t.match(problems({ masks: [[...square, [0, 0, 0]]] }), [/^cameras\.0\.masks\.0\.4: a corner: \[x, y\]/]);
  t.same(problems({ masks: Array(5).fill(Array(52).fill([0, 0])) }), [
    'cameras.0.masks: at most 256 corners in all',
  ]);
  t.match(problems({ masks: Array(33).fill(square) }), [/^cameras\.0\.masks: a list of at most 32 polygons/]);
});
