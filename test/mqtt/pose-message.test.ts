import fc from 'fast-check';
import t from 'tap';
import { posePayload } from '../../src/mqtt/payloads.js';
import { formatPoseMessage, type PoseMessage } from '../../src/mqtt/pose-message.js';

const message: PoseMessage = {
  seq: 7,
  session: 'session-1',
  camera: 'front',
  ts: 1_700_000_000_000.4,
  ageMs: 31.26,
  frame: [640, 480],
  model: 'human-pose-estimation-0001',
  skeleton: 'openpose-18',
  people: [],
};

t.test('a message, byte for byte', async (t) => {
  const people = [
    {
      id: 4,
      score: 0.876,
      keypoints: [{ x: 10.04, y: 20.06, score: 0.996 }, null, { x: -0.04, y: 99.95, score: 0.005 }],
    },
    { id: null, score: 1, keypoints: [{ x: 1, y: 2, score: 1 }] },
  ];
  t.equal(
    formatPoseMessage({ ...message, people }),
    '{"v":1,"seq":7,"session":"session-1","camera":"front","ts":1700000000000,"age_ms":31.3,"frame":[640,480],' +
      '"model":"human-pose-estimation-0001","skeleton":"openpose-18","people":[' +
      '{"id":4,"score":0.88,"box":[0,20.1,10,79.9],"keypoints":[[10,20.1,1],null,[0,100,0.01]]},' +
      '{"id":null,"score":1,"box":[1,2,0,0],"keypoints":[[1,2,1]]}]}',
  );
});

t.test('garbage from a decoder never reaches a consumer', async (t) => {
  const keypoint = { x: 1, y: 1, score: 0.5 };
  const people = [
    {
      id: null,
      score: Number.NaN,
      keypoints: [keypoint, { ...keypoint, x: Number.NaN }, { ...keypoint, score: -3 }],
    },
    {
      id: null,
      score: 7,
      keypoints: [
        { ...keypoint, y: Number.NEGATIVE_INFINITY },
        { ...keypoint, score: 7 },
      ],
    },
    { id: null, score: 0.5, keypoints: [{ ...keypoint, x: 1e300 }, null] },
    { id: null, score: 0.5, keypoints: [] },
  ];
  const payload = posePayload.parse(JSON.parse(formatPoseMessage({ ...message, people })));
  t.strictSame(
    payload.people.map(({ score, keypoints }) => [score, keypoints]),
    [
      [0, [[1, 1, 0.5], null, [1, 1, 0]]],
      [1, [null, [1, 1, 1]]],
    ],
    'persons without a keypoint are left out',
  );
  for (const wrong of [{ seq: Number.NaN }, { ts: Number.NaN }, { ageMs: Number.POSITIVE_INFINITY }]) {
    t.throws(() => formatPoseMessage({ ...message, ...wrong }), { name: 'TypeError', message: /finite/ });
  }
  t.equal(JSON.parse(formatPoseMessage({ ...message, ageMs: -5 })).age_ms, 0, 'a clock that steps back');
});

t.test('names are escaped', async (t) => {
  const model = 'a "quoted"\nname\\ü\u2028';
  t.equal(JSON.parse(formatPoseMessage({ ...message, model })).model, model);
});

const coordinate = fc.oneof(
  fc.double({ min: -2000, max: 10_000, noNaN: true }),
  fc.double(),
  fc.constantFrom(-0, 0.05, -0.05, 999_999.99, 1e6),
);
const score = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double());
const keypoint = fc.record({ x: coordinate, y: coordinate, score });
const person = fc.record({
  id: fc.option(fc.nat(), { nil: null }),
  score,
  keypoints: fc.array(fc.option(keypoint, { nil: null }), { minLength: 1, maxLength: 33 }),
});

t.test('whatever comes in, the text is a valid payload that says it to the last digit', async (t) => {
  fc.assert(
    fc.property(fc.array(person, { maxLength: 6 }), (people) => {
      const text = formatPoseMessage({ ...message, people });
      const payload = posePayload.parse(JSON.parse(text));
      const kept = people.filter(({ keypoints }) => keypoints.some((keypoint) => isPlausible(keypoint)));
      if (payload.people.length !== kept.length) throw new Error('people lost');
      for (const [index, written] of payload.people.entries()) {
        const given = kept[index];
        if (given?.keypoints.length !== written.keypoints.length) throw new Error('keypoints lost');
        const [left, top, width, height] = written.box;
        for (const [at, out] of written.keypoints.entries()) {
          const original = given.keypoints[at] ?? null;
          if ((out === null) !== !isPlausible(original)) throw new Error('presence differs');
          if (out === null || original === null) continue;
          checkRounding(out[0], original.x, 10);
          checkRounding(out[1], original.y, 10);
          checkRounding(out[2], Math.min(1, Math.max(0, original.score)), 100);
          const slack = 1e-6;
          if (out[0] < left - slack || out[0] > left + width + slack) throw new Error('outside the box');
          if (out[1] < top - slack || out[1] > top + height + slack) throw new Error('outside the box');
        }
      }
    }),
    { numRuns: 2000 },
  );
  t.pass('2000 messages');
});

function isPlausible(keypoint: { x: number; y: number; score: number } | null): boolean {
  if (keypoint === null || Number.isNaN(keypoint.score)) return false;
  return Math.abs(keypoint.x) < 1e6 && Math.abs(keypoint.y) < 1e6;
}

/** The nearest multiple of 1 / steps, written with no more digits than that. */
function checkRounding(written: number, value: number, steps: number): void {
  if (Math.abs(written - value) > 0.5 / steps + 1e-9) throw new Error(`${value} written as ${written}`);
  if (Math.round(written * steps) / steps !== written) throw new Error(`${written} has too many digits`);
  if (Object.is(written, -0)) throw new Error('minus zero');
}
