import t from 'tap';
import { SendQuota } from '../../src/mqtt/send-quota.js';

t.test('no more in flight than the broker allows, in order', async (t) => {
  const quota = new SendQuota(2);
  const written: number[] = [];
  for (let n = 0; n < 5; n++) quota.acquire(() => written.push(n));
  t.strictSame(written, [0, 1]);
  quota.release();
  t.strictSame(written, [0, 1, 2]);
  quota.forget();
  quota.release();
  quota.acquire(() => written.push(9));
  t.strictSame(written, [0, 1, 2, 9], 'what was forgotten is never written');
});

t.test('one that is released while it is written', async (t) => {
  const quota = new SendQuota(1);
  const written: number[] = [];
  for (let n = 0; n < 3; n++) {
    quota.acquire(() => {
      written.push(n);
      quota.release();
    });
  }
  t.strictSame(written, [0, 1, 2]);
});
