import { connectAsync } from 'mqtt';
import t from 'tap';
import { ForeignCameras } from '../../src/mqtt/foreign-cameras.js';
import { Mosquitto } from '../support/mosquitto.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const retained = { retain: true };
const status = Buffer.from('{}');
const topicOf = (id: string): string => `edgepose/v1/box/cam/${id}/status`;

t.test('400 cameras of others cost 16 messages a connection, each once', async (t) => {
  const cleared: string[] = [];
  const cameras = new ForeignCameras({
    isCamera: (id) => id === 'front',
    clear: (topic) => cleared.push(topic),
  });
  for (let connection = 1; connection <= 40; connection++) {
    cameras.connected();
    for (let n = 0; n < 400; n++) cameras.saw(topicOf(`junk${n}`), status, retained);
    t.equal(cleared.length, Math.min(16 * connection, 256));
  }
  t.equal(new Set(cleared).size, cleared.length);
});

t.test('what is no camera of ours, or no retained status, is left alone', async (t) => {
  const cleared: string[] = [];
  const cameras = new ForeignCameras({
    isCamera: (id) => id === 'front',
    clear: (topic) => cleared.push(topic),
  });
  cameras.saw(topicOf('front'), status, retained);
  cameras.saw(topicOf('other'), status, { retain: false });
  cameras.saw(topicOf('other'), Buffer.alloc(0), retained);
  for (const id of ['Upper', 'a b', '', 'x'.repeat(65), '<script>'])
    cameras.saw(topicOf(id), status, retained);
  t.strictSame(cleared, []);
});

t.test('what was taken back is not sent again with the next connection', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const other = await connectAsync(broker.url, { protocolVersion: 5 });
  t.teardown(() => other.endAsync(true));
  const publisher = startPublisher(t, { url: broker.url });
  publisher.announce(topicOf('kept'), '{}');
  for (let n = 0; n < 400; n++) publisher.announce(topicOf(`gone${n}`), '');
  await waitFor('all are announced', () => publisher.connected && publisher.counters().queued === 0);
  const before = publisher.counters().published;
  await broker.kill();
  await waitFor('lost', () => !publisher.connected);
  await broker.start();
  await waitFor('back', () => publisher.connected && publisher.counters().queued === 0);
  t.equal(publisher.counters().published - before, 2, 'the state and the one status');
});
