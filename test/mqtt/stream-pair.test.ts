import { once } from 'node:events';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { EmbeddedBroker } from '../../src/mqtt/embedded-broker.js';
import { streamPair } from '../../src/mqtt/stream-pair.js';
import { deviceTopics } from '../../src/mqtt/topics.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

t.test('what goes in at either end comes out at the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50_000 }), { maxLength: 10 }), async (chunks) => {
      const [one, other] = streamPair();
      const read: Buffer[] = [];
      const reader = new Writable({
        write: (chunk, _encoding, done) => {
          read.push(chunk);
          setImmediate(done);
        },
      });
      other.pipe(reader);
      one.cork();
      for (const chunk of chunks.slice(0, 3)) one.write(chunk);
      one.uncork();
      for (const chunk of chunks.slice(3)) one.write(chunk);
      one.end();
      await once(reader, 'finish');
      return Buffer.concat(read).equals(Buffer.concat(chunks));
    }),
    { numRuns: 50 },
  );
});

t.test('nothing becomes readable within a read, and both end with either', async (t) => {
  const [one, other] = streamPair();
  // More than an end holds.
  one.write(Buffer.alloc(100_000, 'a'));
  one.write(Buffer.alloc(100_000, 'b'));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(String(other.read()), 'a'.repeat(100_000));
  t.equal(other.read(), null);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(String(other.read()), 'b'.repeat(100_000));
  one.destroy();
  await once(other, 'close');
  t.equal(other.destroyed, true);
});

t.test('thousands of messages that nobody has subscribed to: one connection', async (t) => {
  const broker = new EmbeddedBroker({ port: 0, topics: deviceTopics('box') });
  await broker.start();
  t.teardown(() => broker.stop());
  const ends: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    openStream: () => broker.connect(),
    protocolVersion: 4,
    onDisconnect: (reason) => ends.push(reason),
  });
  for (let n = 0; n < 60; n++) publisher.announce(publisher.topics.cameraStatus(`cam${n}`), '{}');
  await waitFor('connected', () => publisher.connected);
  for (let n = 0; n < 3000; n++) {
    publisher.publishPose(publisher.topics.pose('front'), 'x'.repeat(n));
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor('all is announced', () => publisher.counters().queued === 0);
  t.strictSame(ends, []);
});
