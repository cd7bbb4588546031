import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ClockSync } from '../../src/telemetry/clock-sync.js';

const day = 86_400_000;

function scene(t: Test) {
  const file = join(t.testdir(), 'synchronized');
  let [wall, monotonic] = [1e12, 1e6];
  let touches = 0;
  return {
    sync: new ClockSync({ file, wallClock: () => wall, clock: () => monotonic }),
    touch: (): void => {
      writeFileSync(file, '');
      utimesSync(file, ++touches, touches);
    },
    remove: (): void => rmSync(file),
    /** Both clocks in ms. */
    pass: (real: number, shown = real): void => {
      monotonic += real;
      wall += shown;
    },
  };
}

t.test('a clock is believed once its service has set it', async (t) => {
  const { sync, touch, remove, pass } = scene(t);
  t.equal(await sync.isSynced(), false, 'nobody says so');
  pass(10_000, 10_000 + 50 * 365 * day);
  touch();
  t.equal(await sync.isSynced(), true, 'the jump from the epoch is the service’s own');
  pass(10_000);
  t.equal(await sync.isSynced(), true);
  pass(10_000);
  remove();
  t.equal(await sync.isSynced(), false);
});

t.test('a jump that the service does not tell of is not believed until it speaks again', async (t) => {
  for (const jump of [day, -day, 2000, -2000]) {
    const { sync, touch, pass } = scene(t);
    touch();
    t.equal(await sync.isSynced(), true);
    pass(10_000, 10_000 + jump);
    t.equal(await sync.isSynced(), false, `a jump of ${jump} ms`);
    pass(10_000);
    t.equal(await sync.isSynced(), false);
    pass(10_000, 10_000 - jump);
    touch();
    t.equal(await sync.isSynced(), true);
  }
});

t.test('a clock that is set right slowly does not jump', async (t) => {
  const { sync, touch, pass } = scene(t);
  touch();
  await sync.isSynced();
  pass(3_600_000, 3_600_000 + 1800);
  t.equal(await sync.isSynced(), true, '500 ppm for an hour');
});
