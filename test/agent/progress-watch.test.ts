import t from 'tap';
import { noCounts } from '../../src/agent/camera-monitor.js';
import { ProgressWatch } from '../../src/agent/progress-watch.js';
import type { NumberedCounts } from '../../src/worker/messages.js';

function read(frames: number, more: Partial<NumberedCounts> = {}): NumberedCounts[] {
  return [{ ...noCounts, camera: 0, read: frames, ...more }];
}

function watching() {
  const clock = { now: 0 };
  const watch = new ProgressWatch(() => clock.now);
  watch.workerStarted();
  const done = (frames: number, camera = 0): void => {
    for (let frame = 0; frame < frames; frame++) watch.frameDone(camera);
  };
  return { clock, watch, done };
}

t.test('a worker that reads and never delivers is stuck after half a minute', async (t) => {
  const { clock, watch, done } = watching();
  t.notOk(watch.isStuck(read(100)));
  clock.now = 29_000;
  t.notOk(watch.isStuck(read(900)));
  done(1);
  clock.now = 58_000;
  t.notOk(watch.isStuck(read(1800)), 'a result came meanwhile');
  clock.now = 60_000;
  t.ok(watch.isStuck(read(1900)));
});

t.test('a worker whose cameras are away has nothing to deliver', async (t) => {
  const { clock, watch } = watching();
  t.notOk(watch.isStuck(read(0)));
  clock.now = 3_600_000;
  t.notOk(watch.isStuck(read(0)));
  t.notOk(watch.isStuck(read(1)), 'the frame that came just now is on its way');
});

t.test('nor has one whose camera stopped between two beats', async (t) => {
  const { clock, watch, done } = watching();
  watch.isStuck(read(100, { droppedInSlot: 20 }));
  // All poses that were sent before a beat are there when it comes.
  done(90);
  clock.now = 1000;
  t.notOk(watch.isStuck(read(112, { droppedInSlot: 22 })));
  clock.now = 3_600_000;
  t.notOk(watch.isStuck(read(112, { droppedInSlot: 22 })));
});

t.test('a camera that is back after long owes its result from then on', async (t) => {
  const { clock, watch, done } = watching();
  done(10);
  watch.isStuck(read(10));
  clock.now = 3_600_000;
  t.notOk(watch.isStuck(read(10)));
  clock.now += 1000;
  t.notOk(watch.isStuck(read(40)), 'the inference is slow');
  clock.now += 31_000;
  t.ok(watch.isStuck(read(900)), 'but not so slow');
});

t.test('an engine that fails every frame is stuck, too', async (t) => {
  const { clock, watch, done } = watching();
  done(10);
  t.notOk(watch.isStuck(read(12, { failed: 2 })));
  clock.now = 20_000;
  done(1);
  t.notOk(watch.isStuck(read(400, { failed: 389 })), 'one came through');
  clock.now = 51_000;
  t.ok(watch.isStuck(read(900, { failed: 889 })));
});

t.test('cameras that come and go', async (t) => {
  const { clock, watch, done } = watching();
  const counts = (camera: number, frames: number) => read(frames, { camera });
  done(1000);
  t.notOk(watch.isStuck([...counts(0, 1000), ...counts(1, 0)].flat()));
  // The first is removed, with all of its counts; the second does not come through.
  t.notOk(watch.isStuck(counts(1, 5)));
  clock.now = 31_000;
  t.ok(watch.isStuck(counts(1, 300)));
});
