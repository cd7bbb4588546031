import t from 'tap';
import { CameraMonitor, noCounts } from '../../src/agent/camera-monitor.js';
import { statsPayload } from '../../src/mqtt/payloads.js';
import { CameraTelemetry } from '../../src/telemetry/camera-telemetry.js';
import { HourCount } from '../../src/telemetry/hour-count.js';

t.test('a camera’s figures over two windows', async (t) => {
  let now = 5000;
  const telemetry = new CameraTelemetry(() => now);
  t.match(telemetry.take(), { camera_fps: 0, frame_age_ms: null, latency_ms: {} }, 'before the first frame');
  for (let frame = 0; frame < 300; frame++) {
    now += 1000 / 30;
    telemetry.framesCaptured(1, now - 2);
    if (frame % 3 === 0) telemetry.dropped('slot');
    else telemetry.frameProcessed(now - 2);
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
    camera_fps: 30,
    process_fps: 20,
    skipped_fps: 10,
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

t.test('the age is that of the newest frame, told by a beat or by its pose', async (t) => {
  let now = 10_000;
  const telemetry = new CameraTelemetry(() => now);
  telemetry.framesCaptured(30, now - 5);
  telemetry.settle();
  now += 900;
  telemetry.frameProcessed(now - 12);
  t.equal(telemetry.take().frame_age_ms, 12, 'between two beats the pose says it');
  telemetry.framesCaptured(27, now - 3);
  telemetry.frameProcessed(now - 40);
  t.equal(telemetry.take().frame_age_ms, 3, 'a slow engine gives the pose of an older frame');
});

t.test('all rates cover the same time, from beat to beat', async (t) => {
  let now = 0;
  const telemetry = new CameraTelemetry(() => now);
  const frames = (ms: number): void => {
    for (const end = now + ms; now < end; ) {
      now += 20;
      telemetry.frameProcessed(now - 10);
    }
  };
  const beat = (captured: number): void => {
    telemetry.framesCaptured(captured, now - 1);
    telemetry.dropped('slot', captured - 50);
    telemetry.settle();
  };
  frames(1000);
  beat(60);
  frames(900);
  t.match(telemetry.take(), { camera_fps: 60, process_fps: 50, skipped_fps: 10 }, 'the first message');
  frames(20);
  t.match(telemetry.take(), { camera_fps: 60, process_fps: 50 }, 'no beat has come since: the same again');
  frames(80);
  beat(60);
  t.match(telemetry.take(), { camera_fps: 60, process_fps: 50, skipped_fps: 10 }, 'the next second');
  now += 5000;
  t.match(telemetry.take(), { camera_fps: 0, process_fps: 0 }, 'without beats there is no rate');
  now += 2000;
  frames(1000);
  beat(60);
  t.match(telemetry.take(), { camera_fps: 20, process_fps: 16.67 }, 'from the last look on');
});

t.test('what a lost worker gave after its last beat was captured, too', async (t) => {
  let now = 0;
  const telemetry = new CameraTelemetry(() => now);
  const monitor = new CameraMonitor(telemetry);
  const counts = { ...noCounts, read: 30, newestCaptureMs: 990 };
  for (let frame = 0; frame < 30; frame++) telemetry.frameProcessed(frame * 33);
  now = 1000;
  monitor.beat(counts);
  for (let frame = 0; frame < 15; frame++) telemetry.frameProcessed(1000 + frame * 33);
  now = 1500;
  monitor.workerLost();
  t.match(telemetry.take(), { camera_fps: 30, process_fps: 30, frames: { captured: 45, processed: 45 } });
  now = 4000;
  monitor.beat({ ...noCounts, read: 1, newestCaptureMs: 3990 });
  t.match(telemetry.take().frames, { captured: 46, processed: 45 }, 'the next one counts from zero');
});

t.test('what capture times are by', async (t) => {
  const telemetry = new CameraTelemetry(() => 0);
  const monitor = new CameraMonitor(telemetry);
  const told = (clockErrorMs?: number | null) => {
    monitor.beat({ ...noCounts, read: 1, clockErrorMs });
    return telemetry.take();
  };
  monitor.beat(noCounts);
  t.match(telemetry.take(), { ts_source: null, ts_error_ms: null }, 'no frame came yet');
  t.match(told(), { ts_source: 'arrival', ts_error_ms: null });
  t.match(told(null), { ts_source: 'camera', ts_error_ms: null });
  t.match(told(1.876), { ts_source: 'camera', ts_error_ms: 1.88 });
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
