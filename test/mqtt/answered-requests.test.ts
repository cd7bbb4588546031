import t from 'tap';
import { AnsweredRequests } from '../../src/mqtt/answered-requests.js';

const options = { keepMs: 1000, maxRequests: 3, maxAnswerLength: 10 };

t.test('known while it runs, answered when it is done, forgotten in time', async (t) => {
  const requests = new AnsweredRequests(options);
  t.equal(requests.find('a', 'content', 0), undefined);
  requests.begin('a', 'content', 0);
  t.strictSame(requests.find('a', 'content', 1), { state: 'running', answer: undefined, sameContent: true });
  t.match(requests.find('a', 'content', 5000), { state: 'running' }, 'however long it takes');
  requests.finish('a', 'answer');
  t.strictSame(requests.find('a', 'other', 999), { state: 'answered', answer: 'answer', sameContent: false });
  t.equal(requests.find('a', 'content', 1000), undefined);
  t.equal(requests.size, 0);
});

t.test('the oldest make room: answers first, then requests', async (t) => {
  const requests = new AnsweredRequests(options);
  for (const id of ['a', 'b', 'c']) {
    requests.begin(id, id, 0);
    requests.finish(id, '12345');
  }
  t.match(requests.find('a', 'a', 1), { state: 'answered', answer: undefined });
  t.match(requests.find('b', 'b', 1), { answer: '12345' });
  requests.begin('d', 'd', 1);
  t.strictSame([requests.size, requests.find('a', 'a', 1)], [3, undefined]);
  requests.finish('d', '12345');
  t.match(requests.find('b', 'b', 1), { answer: undefined });
  t.match(requests.find('c', 'c', 1), { answer: '12345' });
});

t.test('what was not run may come again', async (t) => {
  const requests = new AnsweredRequests(options);
  requests.begin('a', 'a', 0);
  requests.abandon('a');
  t.equal(requests.find('a', 'a', 0), undefined);
  requests.finish('a', 'answer');
  t.equal(requests.size, 0);
});
