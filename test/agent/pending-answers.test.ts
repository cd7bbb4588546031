import t from 'tap';
import { PendingAnswers } from '../../src/agent/pending-answers.js';

t.test('each question has its own answer', async (t) => {
  const pending = new PendingAnswers<string>();
  const [a, b] = [pending.add(), pending.add()];
  pending.resolve(b.id, 'b');
  pending.resolve(a.id, 'a');
  t.same(await Promise.all([a.answer, b.answer]), ['a', 'b']);
  pending.resolve(99, 'of nobody');
  t.equal(pending.size, 0);
});

t.test('of questions that are never answered only the latest are kept', async (t) => {
  const pending = new PendingAnswers<string>();
  const asked = Array.from({ length: 40 }, () => pending.add());
  const failures = asked.map(({ answer }) => answer.catch((error: Error) => error.message));
  t.equal(pending.size, 16);
  t.match(await failures[0], /has not answered/);
  pending.rejectAll(new Error('lost'));
  t.equal(await failures[39], 'lost');
});
