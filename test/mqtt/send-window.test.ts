import t from 'tap';
import { SendWindow } from '../../src/mqtt/send-window.js';

function windowAt(start = 0) {
  const clock = { now: start };
  const window = new SendWindow({
    clock: () => clock.now,
    freeBytes: 10_000,
    maxBytes: 50_000,
    patienceMs: 500,
  });
  return { clock, window };
}

t.test('a broker that answers is never held back', async (t) => {
  const { clock, window } = windowAt();
  for (let n = 0; n < 100; n++) {
    t.equal(window.isFull(5000), false);
    window.wrote(5000);
    if (window.isProbeDue()) {
      window.probeSent();
      window.probeAnswered();
    }
    clock.now += 40;
  }
  t.ok(window.unconfirmedBytes <= 35_000, `${window.unconfirmedBytes} unconfirmed`);
});

t.test('a long path is given time, a slow one is not', async (t) => {
  const { clock, window } = windowAt();
  window.wrote(20_000);
  window.probeSent();
  clock.now = 499;
  t.equal(window.isFull(1000), false, 'above the free bytes but young');
  clock.now = 501;
  t.equal(window.isFull(1000), true, 'above the free bytes and old');
  window.probeAnswered();
  t.equal(window.unconfirmedBytes, 0);
  t.equal(window.isFull(1000), false);
});

t.test('the hard bound holds within the patience too', async (t) => {
  const { window } = windowAt();
  window.wrote(49_500);
  window.probeSent();
  t.equal(window.isFull(500), false);
  t.equal(window.isFull(501), true);
});

t.test('an answer proves what was written before its ping, no more', async (t) => {
  const { clock, window } = windowAt();
  window.wrote(8000);
  window.probeSent();
  window.wrote(6000);
  clock.now = 300;
  window.probeSent();
  window.wrote(1000);
  window.probeAnswered();
  t.equal(window.unconfirmedBytes, 7000);
  window.probeAnswered();
  t.equal(window.unconfirmedBytes, 1000);
  window.probeAnswered();
  t.equal(window.unconfirmedBytes, 1000, 'an answer to nothing proves nothing');
});

t.test('probes: none on an idle connection, at most four a second on a busy one', async (t) => {
  const { clock, window } = windowAt();
  t.equal(window.isProbeDue(), false);
  window.wrote(4000);
  t.equal(window.isProbeDue(), false);
  let probes = 0;
  for (; clock.now < 1000; clock.now += 10) {
    window.wrote(1000);
    if (!window.isProbeDue()) continue;
    window.probeSent();
    probes += 1;
  }
  t.equal(probes, 4);
  window.probeSent();
  window.wrote(65_535);
  t.equal(window.isProbeDue(), false);
  window.wrote(1);
  t.equal(window.isProbeDue(), true, 'or one for every 64 KiB');
});

t.test('on a link that stays slow what waits stays new', async (t) => {
  const clock = { now: 0 };
  const window = new SendWindow({ clock: () => clock.now });
  const bytesPerMs = 8;
  /** What the link has not delivered yet, oldest first: messages, and probes of no size. */
  const queue: { bytes: number; at: number; probe: boolean }[] = [];
  const ages: { at: number; age: number }[] = [];
  let credit = 0;
  for (; clock.now < 60_000; clock.now++) {
    if (clock.now % 16 === 0 && !window.isFull(2200)) {
      window.wrote(2200);
      queue.push({ bytes: 2200, at: clock.now, probe: false });
      if (window.isProbeDue()) {
        window.probeSent();
        queue.push({ bytes: 0, at: clock.now, probe: true });
      }
    }
    credit = queue.length === 0 ? 0 : credit + bytesPerMs;
    for (let first = queue[0]; first !== undefined && first.bytes <= credit; first = queue[0]) {
      queue.shift();
      credit -= first.bytes;
      if (first.probe) window.probeAnswered();
      else ages.push({ at: clock.now, age: clock.now - first.at });
    }
  }
  const later = ages.filter(({ at }) => at > 20_000).map(({ age }) => age);
  t.ok(Math.max(...later) < 3000, `at most ${Math.max(...later)} ms old`);
  t.ok(later.length * 2200 > 0.95 * bytesPerMs * 40_000, `${later.length} messages: the link is used`);
});
