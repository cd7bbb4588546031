import fc from 'fast-check';
import t from 'tap';
import { RateLimit } from '../../src/mqtt/rate-limit.js';

t.test('no second has more than the limit, and what is below it passes', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat(400), { maxLength: 200 }),
      (perSecond, pauses) => {
        const limit = new RateLimit(perSecond);
        const passed: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const lately = passed.filter((at) => now - at < 1000).length;
          if (limit.allow(now) !== lately < perSecond) return false;
          if (lately < perSecond) passed.push(now);
        }
        return true;
      },
    ),
  );
});
