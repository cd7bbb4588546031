import t from 'tap';
import { LossWindow } from '../../src/agent/loss-window.js';

const minute = 60_000;

t.test('losses count for as long as the window is', async (t) => {
  const losses = new LossWindow(minute);
  for (const now of [0, 20_000, 40_000]) losses.add({ now, openMs: 1_000, counts: true });
  t.equal(losses.count, 3);
  losses.add({ now: 90_000, openMs: 1_000, counts: true });
  t.equal(losses.count, 2, 'those of half a minute and of now');
  losses.add({ now: 91_000, openMs: 500, counts: false });
  t.equal(losses.count, 2, 'one that hung does not count');
});

t.test('workers that fail at the end of long builds are a crash loop', async (t) => {
  const losses = new LossWindow(minute);
  for (const now of [50, 100, 150]) losses.add({ now: now * minute, openMs: 49.9 * minute, counts: true });
  t.equal(losses.count, 3);
});
