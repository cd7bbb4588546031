import t from 'tap';
import { ProgressWatch } from '../../src/agent/progress-watch.js';
import type { CameraCounts } from '../../src/worker/messages.js';

function read(frames: number): CameraCounts[] {
  const others = {
    droppedInSource: 0,
    newestCaptureMs: 0,
    droppedInSlot: 0,
    failed: 0,
    reconnects: 0,
    stalls: 0,
  };
  return [{ read: frames, ...others }];
}

t.test('a worker that reads and never delivers is stuck after half a minute', async (t) => {
  let now = 0;
  const watch = new ProgressWatch(() => now);
  watch.workerStarted();
  t.notOk(watch.isStuck(read(100)));
  now = 29_000;
  t.notOk(watch.isStuck(read(900)));
  watch.frameDone();
  now = 58_000;
  t.notOk(watch.isStuck(read(1800)), 'a result came meanwhile');
  now = 60_000;
  t.ok(watch.isStuck(read(1900)));
});

t.test('a worker whose cameras are away has nothing to deliver', async (t) => {
  let now = 0;
  const watch = new ProgressWatch(() => now);
  watch.workerStarted();
  t.notOk(watch.isStuck(read(0)));
  now = 3_600_000;
  t.notOk(watch.isStuck(read(0)));
  t.notOk(watch.isStuck(read(1)), 'the frame that came just now is on its way');
});

t.test('a camera that is back after long owes its result from then on', async (t) => {
  let now = 0;
  const watch = new ProgressWatch(() => now);
  watch.workerStarted();
  watch.isStuck(read(10));
  watch.frameDone();
  now = 3_600_000;
  t.notOk(watch.isStuck(read(10)));
  now += 1000;
  t.notOk(watch.isStuck(read(40)), 'the inference is slow');
  now += 31_000;
  t.ok(watch.isStuck(read(900)), 'but not so slow');
});
