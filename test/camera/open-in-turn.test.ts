import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openInTurn } from '../../src/camera/open-in-turn.js';

t.test('one opens after the other, and one that fails holds up none', async (t) => {
  const steps: string[] = [];
  const open = (name: string) => async (): Promise<string> => {
    steps.push(`${name} begins`);
    await sleep(20);
    steps.push(`${name} ends`);
    if (name === 'b') throw new Error('b is away');
    return name;
  };
  const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map((name) => openInTurn(open(name))));
  t.match(a, { value: 'a' });
  t.match(b, { reason: { message: 'b is away' } });
  t.match(c, { value: 'c' });
  t.strictSame(steps, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

t.test('the heart beats between two openings that block the thread', async (t) => {
  let longest = 0;
  let last = performance.now();
  const heart = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 20);
  const block = async (): Promise<void> => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  };
  await Promise.all([openInTurn(block), openInTurn(block), openInTurn(block), openInTurn(block)]);
  await sleep(50);
  clearInterval(heart);
  t.ok(longest >= 150 && longest < 390, `the longest pause is ${longest.toFixed(0)} ms`);
});
