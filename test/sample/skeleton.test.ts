import t from 'tap';
import { footAt } from '../../scripts/sample/gait.js';
import { headingAt, positionAt } from '../../scripts/sample/path.js';
import { BONES, skeletonAt } from '../../scripts/sample/skeleton.js';
import { STORY } from '../../scripts/sample/story.js';
import { length, subtract } from '../../scripts/sample/vector.js';

const times = Array.from({ length: 400 }, (_, index) => index / 20);

t.test('bones keep their length whatever the body does', async (t) => {
  let worst = 0;
  for (const action of STORY) {
    for (const time of times) {
      const { left, right } = skeletonAt(action, time);
      for (const side of [left, right]) {
        worst = Math.max(
          worst,
          Math.abs(length(subtract(side.elbow, side.shoulder)) - BONES.upperArm),
          Math.abs(length(subtract(side.wrist, side.elbow)) - BONES.forearm),
          Math.abs(length(subtract(side.knee, side.hip)) - BONES.thigh),
          Math.abs(length(subtract(side.ankle, side.knee)) - BONES.shin),
        );
      }
    }
  }
  t.ok(worst < 0.005, `the worst bone is off by ${worst} m`);
});

t.test('one foot stands still at any time, and no ankle sinks into the floor', async (t) => {
  const walker = {
    path: [
      { at: 0, x: -3, z: 5 },
      { at: 10, x: 6, z: 5 },
    ],
    heading: 90,
    turns: [],
    stride: 1.05,
    phase: 0,
  };
  const drift = (side: 'left' | 'right', time: number): number => {
    const before = footAt(walker, side, time).origin;
    const after = footAt(walker, side, time + 0.01).origin;
    return length(subtract(after, before));
  };
  for (let time = 1; time < 8; time += 0.013) {
    // A body at 0.9 m/s moves 9 mm in this time; a foot that rolls over its ball moves its ankle by less than half.
    if (Math.min(drift('left', time), drift('right', time)) > 0.0045) t.fail(`both feet move at ${time} s`);
    for (const side of ['left', 'right'] as const) {
      if (footAt(walker, side, time).origin.y < 0.08) t.fail(`an ankle is in the floor at ${time} s`);
    }
  }
  t.pass('feet stay where they are planted');
});

t.test('knees bend to the front only', async (t) => {
  for (const action of STORY) {
    for (const time of times) {
      const { left, right, pelvis } = skeletonAt(action, time);
      for (const { hip, knee, ankle } of [left, right]) {
        const part = (hip.y - knee.y) / (hip.y - ankle.y);
        const straightX = hip.x + (ankle.x - hip.x) * part;
        const straightZ = hip.z + (ankle.z - hip.z) * part;
        const ahead = (knee.x - straightX) * pelvis.front.x + (knee.z - straightZ) * pelvis.front.z;
        if (ahead < -0.03) t.fail(`a knee bends back by ${-ahead} m at ${time} s`);
      }
    }
  }
  t.pass('no knee bends back');
});

t.test('a path rests where it pauses and goes evenly where it does not', async (t) => {
  const path = [
    { at: 0, x: 0, z: 5 },
    { at: 2, x: 2, z: 5, pause: true as const },
    { at: 4, x: 2, z: 5, pause: true as const },
  ];
  t.equal(positionAt(path, -1).x, 0);
  t.equal(positionAt(path, 3).x, 2);
  t.equal(positionAt(path, 9).x, 2);
  const even = positionAt(path, 0.5).x - positionAt(path, 0.25).x;
  t.ok(Math.abs(even - (positionAt(path, 1).x - positionAt(path, 0.75).x)) < 1e-9);
  t.ok(positionAt(path, 2).x - positionAt(path, 1.9).x < 0.02, 'it slows down before it rests');
});

t.test('a heading follows its turns', async (t) => {
  const turns = [
    { at: 1, over: 1, to: 90 },
    { at: 3, over: 1, to: 180 },
  ];
  t.equal(headingAt(0, turns, 0.5), 0);
  t.ok(Math.abs(headingAt(0, turns, 1.5) - Math.PI / 4) < 1e-9);
  t.ok(Math.abs(headingAt(0, turns, 9) - Math.PI) < 1e-9);
});
