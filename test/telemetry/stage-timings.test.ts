import t from 'tap';
import { StageHistogram } from '../../src/telemetry/stage-histogram.js';
import { StageTimings } from '../../src/telemetry/stage-timings.js';

t.test('quantiles within 1 %', async (t) => {
  const histogram = new StageHistogram();
  t.equal(histogram.quantiles(), undefined);
  for (let n = 1; n <= 1000; n++) histogram.record(n / 10);
  const { p50, p95, p99 } = histogram.quantiles() ?? { p50: 0, p95: 0, p99: 0 };
  for (const [found, expected] of [
    [p50, 50],
    [p95, 95],
    [p99, 99],
  ] as const) {
    t.ok(Math.abs(found - expected) <= expected / 100, `${found} for ${expected} ms`);
  }
  t.equal(histogram.count, 1000);
  histogram.reset();
  t.equal(histogram.quantiles(), undefined);
});

t.test('durations that no clock should give', async (t) => {
  const histogram = new StageHistogram();
  histogram.record(Number.NaN);
  t.equal(histogram.count, 0);
  for (const duration of [-1, 0, 0.0001, 1e12, Number.POSITIVE_INFINITY]) histogram.record(duration);
  t.equal(histogram.count, 5);
  t.ok((histogram.quantiles()?.p99 ?? 0) >= 59_000, 'more than a minute counts as a minute');
});

t.test('stages by name', async (t) => {
  const timings = new StageTimings();
  t.strictSame(timings.snapshot({ reset: true }), {});
  timings.record('read', 1);
  timings.record('infer', 20);
  t.strictSame(Object.keys(timings.snapshot({ reset: false })), ['read', 'infer']);
  timings.snapshot({ reset: true });
  timings.record('infer', 40);
  const second = timings.snapshot({ reset: true });
  t.strictSame(Object.keys(second), ['infer'], 'a stage that did not run is left out');
  t.ok(Math.abs((second.infer?.p50 ?? 0) - 40) < 0.5);
  t.throws(() => {
    for (let n = 0; n < 100; n++) timings.record(`stage ${n}`, 1);
  }, /at most 64 stages/);
});
