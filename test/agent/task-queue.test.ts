import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { TaskQueue } from '../../src/agent/task-queue.js';
import { createLogger } from '../../src/telemetry/logger.js';

t.test('one task after the other, and a failure ends only itself', async (t) => {
  let log = '';
  const write = (text: string): void => {
    log += text;
  };
  const queue = new TaskQueue(createLogger({ destination: { write }, human: false }));
  const order: number[] = [];
  const first = queue.add(async () => {
    await sleep(20);
    order.push(1);
    return 'one';
  });
  const second = queue.add(async () => {
    order.push(2);
    throw new Error('second');
  });
  queue.push(async () => {
    throw new Error('third');
  });
  const fourth = queue.add(async () => order.push(4));
  t.equal(await first, 'one');
  await t.rejects(second, /second/, 'whoever added it is told');
  await fourth;
  t.same(order, [1, 2, 4]);
  t.match(log, /third/, 'what nobody waits for is logged');
});

t.test('after stop nothing is begun', async (t) => {
  const queue = new TaskQueue(createLogger({ level: 'silent' }));
  let begun = 0;
  const running = queue.add(async () => {
    begun++;
    await sleep(20);
  });
  queue.push(async () => {
    begun++;
  });
  await sleep(1);
  queue.stop();
  await running;
  await sleep(20);
  t.equal(begun, 1);
});
