import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Permits } from '../../src/worker/permits.js';

t.test('never more holders than permits, and first come first served', async (t) => {
  const permits = new Permits(2);
  const order: number[] = [];
  let holders = 0;
  let most = 0;
  await Promise.all(
    [0, 1, 2, 3, 4].map(async (id) => {
      await permits.acquire();
      most = Math.max(most, ++holders);
      order.push(id);
      await sleep(2);
      holders--;
      permits.release();
    }),
  );
  t.equal(most, 2);
  t.same(order, [0, 1, 2, 3, 4]);
});

t.test('withAll waits for every holder and keeps newcomers out', async (t) => {
  const permits = new Permits(2);
  await permits.acquire();
  const events: string[] = [];
  const alone = permits.withAll(async () => {
    events.push('alone');
    await sleep(2);
    return 7;
  });
  const second = permits.withAll(async () => events.push('alone again'));
  await sleep(1);
  const late = permits.acquire().then(() => events.push('late'));
  await sleep(5);
  t.same(events, [], 'somebody still holds a permit');
  permits.release();
  t.equal(await alone, 7);
  await late;
  permits.release();
  await second;
  t.equal(events[0], 'alone');
  t.equal(events.length, 3);
});

t.test('a failure gives the permits back', async (t) => {
  const permits = new Permits(1);
  await t.rejects(
    permits.withAll(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
  await permits.acquire();
  t.pass('acquired');
});
