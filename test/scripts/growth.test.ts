import t from 'tap';
import { minuteMinima, slopePerHour } from '../../scripts/endurance/growth.js';

t.test('a minute counts by its least sample, an unfinished one not at all', async (t) => {
  const samples = Array.from({ length: 150 }, (_, second) => 100 + (second % 60));
  t.same(minuteMinima(samples), [100, 100]);
});

t.test('the slope is per hour, and noise around a line does not bend it', async (t) => {
  const noise = [0.4, -0.4, 0.4, -0.4, -0.4, 0.4, -0.4, 0.4];
  const values = noise.map((offset, minute) => 300 + minute * 0.5 + offset);
  t.ok(Math.abs(slopePerHour(values) - 30) < 1e-9);
  t.equal(slopePerHour([7]), 0);
});
