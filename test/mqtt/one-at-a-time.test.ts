import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { OneAtATime } from '../../src/mqtt/one-at-a-time.js';

function recorder() {
  const events: string[] = [];
  const open = new Map<string, () => void>();
  const job = (id: string, waitMs = 10_000) => ({
    waitMs,
    run: () => {
      events.push(`begin ${id}`);
      return new Promise<void>((resolve) => open.set(id, resolve));
    },
    onLate: () => events.push(`late ${id}`),
  });
  const end = async (id: string) => {
    open.get(id)?.();
    await delay(0);
  };
  return { events, job, end };
}

t.test('one after the other by name, side by side otherwise', async (t) => {
  const { events, job, end } = recorder();
  const line = new OneAtATime(10);
  for (const id of ['a1', 'a2', 'b1', 'a3']) t.equal(line.add(id[0] as string, job(id)), true);
  t.strictSame(events, ['begin a1', 'begin b1']);
  await end('a1');
  await end('a2');
  t.strictSame(events.slice(2), ['begin a2', 'begin a3']);
  await end('a3');
  line.add('a', job('a4'));
  t.equal(events.at(-1), 'begin a4', 'an empty line is none');
});

t.test('who waits too long is told, and is not run; too many do not wait', async (t) => {
  const { events, job, end } = recorder();
  const line = new OneAtATime(2);
  line.add('a', job('a1'));
  t.equal(line.add('a', job('a2', 20)), true);
  t.equal(line.add('a', job('a3')), true);
  t.equal(line.add('a', job('a4')), false);
  await delay(50);
  t.strictSame(events, ['begin a1', 'late a2']);
  t.equal(line.add('a', job('a5')), true, 'there is room again');
  await end('a1');
  t.equal(events.at(-1), 'begin a3');
  line.forget();
  await end('a3');
  t.equal(events.at(-1), 'begin a3');
});
