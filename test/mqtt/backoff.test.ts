import fc from 'fast-check';
import t from 'tap';
import { Backoff } from '../../src/mqtt/backoff.js';

t.test('pauses double up to the longest, reset begins anew', async (t) => {
  const shortest = new Backoff({ minMs: 1000, maxMs: 30_000, random: () => 0 });
  const pauses = Array.from({ length: 7 }, () => shortest.next());
  t.strictSame(pauses, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  shortest.reset();
  t.equal(shortest.next(), 1000);
  shortest.penalise();
  t.equal(shortest.next(), 15_000);
});

t.test(
  'every pause lies between the shortest and the longest; a minute has at most 10 attempts',
  async () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.infiniteStream(random), (randoms) => {
        const backoff = new Backoff({ random: () => randoms.next().value as number });
        let elapsed = 0;
        let attempts = 1;
        while (elapsed < 60_000) {
          const pause = backoff.next();
          if (pause < 1000 || pause > 30_000) return false;
          elapsed += pause;
          attempts += 1;
        }
        return attempts <= 10;
      }),
    );
  },
);
