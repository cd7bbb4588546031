import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { serverLimits } from '../../src/mqtt/server-limits.js';
import { connack, FakeBroker, onPacket, packetId, puback, type SentPacket } from '../support/fake-broker.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

t.test('a CONNACK that says nothing sets no limit', async (t) => {
  t.strictSame(serverLimits(undefined), {
    maxPacketBytes: Number.POSITIVE_INFINITY,
    receiveMaximum: 65_535,
    retains: true,
    acknowledges: true,
    wildcards: true,
  });
});

t.test('a broker that keeps no retained messages: refused once, then online without them', async (t) => {
  const broker = await Mosquitto.require(t, ['retain_available false']);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());
  const reasons: string[] = [];
  const problems: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    onDisconnect: (reason) => reasons.push(reason),
    onProblem: (text) => problems.push(text),
  });
  publisher.setState('online');
  await observer.waitForState(publisher.topics.state, 'online');
  t.match(reasons, [/0x9a/]);
  t.match(problems, [/keeps no retained messages/]);
  publisher.announce(publisher.topics.info, '{}');
  await waitFor('acknowledgements', () => publisher.counters().queued === 0);
  await delay(100);
  t.equal(publisher.connected, true, 'what was retained is sent without');
  t.match(observer.of(publisher.topics.info), [{ text: '{}', qos: 1 }]);
});

t.test('a broker without QoS 1: refused once, then online with QoS 0', async (t) => {
  const broker = await Mosquitto.require(t, ['max_qos 0']);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());
  const reasons: string[] = [];
  const publisher = startPublisher(t, { url: broker.url, onDisconnect: (reason) => reasons.push(reason) });
  publisher.setState('online');
  await observer.waitForState(publisher.topics.state, 'online');
  t.match(reasons, [/0x9b/]);
  for (let n = 0; n < 20; n++) publisher.publishEvent(publisher.topics.event, String(n));
  await waitFor('events', () => observer.of(publisher.topics.event).length === 20);
  const { queued, drops } = publisher.counters();
  t.strictSame([queued, drops.queue], [0, 0], 'what is written counts as taken');
});

/** A broker of MQTT 5 that lets so many QoS 1 messages be in flight, and acknowledges when told to. */
async function startHoldingBroker(receiveMaximum: number) {
  const published: SentPacket[] = [];
  let acknowledge: (packet: SentPacket) => void = () => {};
  const broker = new FakeBroker((_, socket) => {
    acknowledge = (packet) => socket.write(puback(packetId(packet)));
    onPacket(socket, (packet) => {
      if (packet.type === 'PUBLISH') published.push(packet);
    });
    socket.write(connack(0, [0x21, 0, receiveMaximum]));
  });
  await broker.start();
  return { broker, published, acknowledge: (packet: SentPacket) => acknowledge(packet) };
}

t.test('never more QoS 1 messages in flight than the broker’s Receive Maximum', async (t) => {
  const { broker, published, acknowledge } = await startHoldingBroker(3);
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url });
  for (let n = 0; n < 10; n++) publisher.announce(publisher.topics.cameraStatus(`c${n}`), '{}');
  for (let n = 0; n < 30; n++) publisher.publishEvent(publisher.topics.event, String(n));
  await waitFor('connected', () => publisher.connected);
  await delay(200);
  t.equal(published.length, 3);
  t.equal(publisher.counters().queued, 21, 'state, 10 cameras, 10 events');
  for (let acknowledged = 0; acknowledged < 21; acknowledged++) {
    await waitFor('the next', () => published.length > acknowledged);
    t.ok(published.length - acknowledged <= 3, `${published.length} sent, ${acknowledged} acknowledged`);
    acknowledge(published[acknowledged] as SentPacket);
  }
  await waitFor('all', () => publisher.counters().queued === 0);
  t.equal(published.length, 21);
});

t.test('close: what still waits is not sent after the last state', async (t) => {
  const { broker, published, acknowledge } = await startHoldingBroker(1);
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url });
  for (let n = 0; n < 5; n++) publisher.publishEvent(publisher.topics.event, String(n));
  await waitFor('birth', () => published.length === 1);
  const closed = publisher.close();
  acknowledge(published[0] as SentPacket);
  await waitFor('last state', () => published.length === 2);
  acknowledge(published[1] as SentPacket);
  await closed;
  t.match(published[1]?.body.toString(), /"state":"stopped"/);
  t.equal(published.length, 2);
});

t.test('no wildcards: the subscription is a problem, and is not sent', async (t) => {
  const subscribed: string[] = [];
  const broker = new FakeBroker((_, socket) => {
    onPacket(socket, (packet) => {
      if (packet.type === 'SUBSCRIBE') subscribed.push(packet.body.toString('latin1'));
    });
    socket.write(connack(0, [0x28, 0]));
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const problems: string[] = [];
  const publisher = startPublisher(t, { url: broker.url, onProblem: (text) => problems.push(text) });
  publisher.subscribe(publisher.topics.commands, () => {}, { qos: 1 });
  await waitFor('connected', () => publisher.connected);
  await waitFor('subscribed', () => subscribed.length > 0);
  await delay(50);
  t.match(problems, [/subscription to .*cmd\/\+ refused by the broker: it takes no wildcards/]);
  t.equal(subscribed.length, 1, 'the one to its own state');
});

t.test('topics that the broker does not let it write: told once, dropped and counted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'acl-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const acl = join(folder, 'acl');
  writeFileSync(acl, 'topic read #\ntopic write edgepose/v1/box/state\n', { mode: 0o644 });
  const broker = await Mosquitto.require(t, [`acl_file ${acl}`]);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const problems: string[] = [];
  const publisher = startPublisher(t, { url: broker.url, onProblem: (text) => problems.push(text) });
  await waitFor('connected', () => publisher.connected);
  for (let n = 0; n < 50; n++) publisher.publishEvent(publisher.topics.event, String(n));
  await waitFor('refusals', () => publisher.counters().queued === 0);
  t.match(problems, [/event: .*Not authorized/]);
  t.equal(publisher.counters().drops.queue, 50);
  t.equal(publisher.connected, true);
});
