import t from 'tap';
import type { SendAcknowledged } from '../../src/mqtt/acknowledged-messages.js';
import { AcknowledgedQueue } from '../../src/mqtt/acknowledged-queue.js';

function queueOf(limit: number) {
  const dropped = { count: 0 };
  const queue = new AcknowledgedQueue({
    limit,
    onDrop: () => {
      dropped.count += 1;
    },
  });
  const push = (payload: string) => queue.push({ topic: 'topic', payload, retain: false });
  return { queue, push, dropped };
}

/** A connection that keeps what it is given until it is told to acknowledge. */
function connection() {
  const sent: { payload: string; done: (error?: Error) => void }[] = [];
  const send: SendAcknowledged = ({ payload }, done) => sent.push({ payload, done });
  return { send, sent, payloads: () => sent.map(({ payload }) => payload).join('') };
}

t.test('offline: the newest few are kept, the others counted', async (t) => {
  const { queue, push, dropped } = queueOf(4);
  for (const payload of 'abcdefg') push(payload);
  t.strictSame([queue.pending, dropped.count], [4, 3]);
  const { send, payloads } = connection();
  queue.connected(send);
  t.equal(payloads(), 'de', 'half of them at once');
});

t.test('each acknowledgement lets the next go; what was lost with a connection goes again', async (t) => {
  const { queue, push, dropped } = queueOf(4);
  for (const payload of 'abcd') push(payload);
  const first = connection();
  queue.connected(first.send);
  first.sent[0]?.done();
  t.equal(first.payloads(), 'abc');
  queue.disconnected();
  first.sent[1]?.done();
  t.equal(queue.pending, 3, 'an acknowledgement from a lost connection counts for nothing');
  const second = connection();
  queue.connected(second.send);
  for (let n = 0; n < 3; n++) second.sent[n]?.done();
  t.equal(second.payloads(), 'bcd');
  t.strictSame([queue.pending, dropped.count], [0, 0]);
});

t.test('a broker that acknowledges nothing is not given more and more', async (t) => {
  const { queue, push, dropped } = queueOf(10);
  const { send, payloads } = connection();
  queue.connected(send);
  for (let n = 0; n < 1000; n++) push(String(n % 10));
  t.equal(payloads(), '01234');
  t.strictSame([queue.pending, dropped.count], [10, 990]);
});

t.test('refused: counted, and the next one goes', async (t) => {
  const { queue, push, dropped } = queueOf(2);
  queue.connected((_message, done) => done(new Error('refused')));
  push('a');
  push('b');
  t.strictSame([queue.pending, dropped.count], [0, 2]);
});
