import t from 'tap';
import { statsPayload } from '../../src/mqtt/payloads.js';
import { CameraTelemetry } from '../../src/telemetry/camera-telemetry.js';
import { EventRate } from '../../src/telemetry/event-rate.js';
import { HourCount } from '../../src/telemetry/hour-count.js';

t.test('a camera’s figures over two windows', async (t) => {
  let now = 5000;
  const telemetry = new CameraTelemetry(() => now);
  t.match(telemetry.take(), { camera_fps: 0, frame_age_ms: null, latency_ms: {} }, 'before the first frame');
  for (let frame = 0; frame < 300; frame++) {
    now += 1000 / 30;
    telemetry.framesCaptured(1, now - 2);
    if (frame % 3 === 0) telemetry.dropped('slot');
    else telemetry.frameProcessed();
    telemetry.recordStage('infer', 20);
  }
  telemetry.settle();
  telemetry.framesCaptured(2, now - 2);
  telemetry.dropped('mqtt', 4);
  telemetry.dropped('inference');
  telemetry.reconnected();
  telemetry.stalled();
  now += 10;
  const figures = telemetry.take();
  t.match(figures, {
    camera_fps: 30.17,
    process_fps: 19.98,
    skipped_fps: 9.99,
    frame_age_ms: 12,
    reconnects_last_hour: 1,
    stalls_last_hour: 1,
    frames: { captured: 300, processed: 200 },
    drops: { capture: 0, slot: 100, inference: 1, mqtt: 4 },
  });
  t.ok(Math.abs((figures.latency_ms.infer?.p95 ?? 0) - 20) < 0.3);

  now += 10_000;
  t.match(telemetry.take(), {
    camera_fps: 0,
    skipped_fps: 0,
    frame_age_ms: 10_012,
    drops: { slot: 100 },
    latency_ms: {},
  });
  const shape = statsPayload.shape.cameras.safeParse({ front: figures });
  t.equal(shape.success, true, 'fits the stats message as it is');
});

t.test('rates need time to pass', async (t) => {
  let now = 0;
  const rate = new EventRate(() => now);
  rate.add(5);
  t.equal(rate.take(), 0);
  now = 500;
  t.equal(rate.take(), 10, 'and nothing is lost until it has');
  now = 1500;
  t.equal(rate.take(), 0);
});

t.test('the last hour, to the minute', async (t) => {
  let now = 0;
  const count = new HourCount(() => now);
  t.equal(count.total, 0);
  count.add();
  now = 30 * 60_000;
  count.add();
  count.add();
  t.equal(count.total, 3);
  now = 60 * 60_000;
  t.equal(count.total, 2, 'the first is an hour old');
  now = 89 * 60_000 + 59_999;
  t.equal(count.total, 2);
  now = 90 * 60_000;
  t.equal(count.total, 0);
  now = 1000 * 60_000;
  count.add();
  t.equal(count.total, 1, 'after a long silence');
});
