import t from 'tap';
import type { SendAcknowledged } from '../../src/mqtt/acknowledged-messages.js';
import { Announcements } from '../../src/mqtt/announcements.js';

function announcementsOf(limit: number) {
  const dropped = { count: 0 };
  const onDrop = () => {
    dropped.count += 1;
  };
  return { announcements: new Announcements({ limit, onDrop }), dropped };
}

/** A connection that keeps what it is given until it is told to acknowledge. */
function connection() {
  const sent: { text: string; done: () => void }[] = [];
  const send: SendAcknowledged = ({ topic, payload }, done) => sent.push({ text: topic + payload, done });
  const acknowledgeAll = () => {
    for (let n = 0; n < sent.length; n++) sent[n]?.done();
  };
  return { send, acknowledgeAll, texts: () => sent.map(({ text }) => text) };
}

t.test('of values that follow on each other quickly the last one counts', async (t) => {
  const { announcements } = announcementsOf(4);
  for (const value of '123') announcements.set('a', value);
  const { send, acknowledgeAll, texts } = connection();
  announcements.connected(send);
  for (const value of '456') announcements.set('a', value);
  t.equal(announcements.pending, 2, 'one on its way, one to follow');
  acknowledgeAll();
  t.strictSame(texts(), ['a3', 'a6']);
  t.equal(announcements.pending, 0);
});

t.test('values that each count are sent in their order, the newest few', async (t) => {
  const { announcements, dropped } = announcementsOf(3);
  for (const value of '1234') announcements.append('a', value);
  t.equal(dropped.count, 1);
  const { send, acknowledgeAll, texts } = connection();
  announcements.connected(send);
  announcements.append('a', '5');
  t.equal(dropped.count, 2, 'what is on its way stays');
  acknowledgeAll();
  t.strictSame(texts(), ['a2', 'a4', 'a5']);
});

t.test('with another connection: what was not acknowledged, or the last value', async (t) => {
  const { announcements } = announcementsOf(4);
  const first = connection();
  announcements.connected(first.send);
  for (const value of '12') announcements.set('a', value);
  for (const value of '12') announcements.append('b', value);
  announcements.disconnected();
  first.acknowledgeAll();
  const second = connection();
  announcements.connected(second.send);
  second.acknowledgeAll();
  t.strictSame(second.texts(), ['a2', 'b1', 'b2']);
  announcements.disconnected();
  const third = connection();
  announcements.connected(third.send);
  t.strictSame(third.texts(), ['a2', 'b2'], 'a broker may have lost what it held');
});
