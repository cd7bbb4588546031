import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { EventLoopDelay } from '../../src/telemetry/event-loop-delay.js';

t.test('a blocked event loop shows, once', async (t) => {
  const loop = new EventLoopDelay();
  t.equal(loop.takeP99(), 0, 'before start');
  loop.start();
  t.teardown(() => loop.stop());
  await delay(100);
  const end = performance.now() + 200;
  while (performance.now() < end);
  await delay(100);
  const blocked = loop.takeP99();
  t.ok(blocked >= 150, `${blocked} ms after blocking for 200 ms`);
  await delay(200);
  const free = loop.takeP99();
  t.ok(free < blocked, `${free} ms in the next window`);
});
