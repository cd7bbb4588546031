import t from 'tap';
import { PendingAnswers } from '../../src/agent/pending-answers.js';

t.test('each question has its own answer', async (t) => {
  const pending = new PendingAnswers<string>();
  const [a, b] = [pending.add(60_000), pending.add(60_000)];
  pending.resolve(b.id, 'b');
  pending.resolve(a.id, 'a');
  t.same(await Promise.all([a.answer, b.answer]), ['a', 'b']);
  pending.resolve(99, 'of nobody');
  t.equal(pending.size, 0);
});

t.test('what is not answered in time, or by nobody any more, fails', async (t) => {
  const pending = new PendingAnswers<string>();
  const alive = setInterval(() => {}, 1000); // the limits do not keep a process
  t.teardown(() => clearInterval(alive));
  await t.rejects(pending.add(5).answer, { code: 'WORKER_FAILED' });
  t.equal(pending.size, 0);
  const { answer } = pending.add(60_000);
  pending.rejectAll(new Error('lost'));
  await t.rejects(answer, /lost/);
});
