import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { EmbeddedBroker } from '../../src/mqtt/embedded-broker.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const state = 'edgepose/v1/box/state';

t.test('from publisher to subscriber', async (t) => {
  const broker = new EmbeddedBroker({ port: 0 });
  t.throws(() => broker.url, /no URL before start/);
  await broker.start();
  t.teardown(() => broker.stop());
  t.match(broker.url, /^mqtt:\/\/127\.0\.0\.1:\d+$/);
  const observer = await MqttObserver.connect(broker.url, '#', { protocolVersion: 4 });
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url: broker.url, protocolVersion: 4 });
  publisher.setState('online');
  await observer.waitForState(state, 'online');
  t.equal(publisher.publishPose(publisher.topics.pose('front'), '{"seq":1}'), true);
  await waitFor('pose', () => observer.of(publisher.topics.pose('front')).length === 1);

  const latecomer = await MqttObserver.connect(broker.url, '#', { protocolVersion: 4 });
  t.teardown(() => latecomer.close());
  await waitFor('retained state', () => latecomer.of(state).length > 0);
  t.equal(latecomer.of(state)[0]?.retained, true);

  await publisher.close();
  await observer.waitForState(state, 'stopped');
  await broker.stop();
  await broker.stop();
});

t.test('2,000 poses at once arrive or are counted', async (t) => {
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url, '#', { protocolVersion: 4 });
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url: broker.url, protocolVersion: 4 });
  await waitFor('connected', () => publisher.connected);
  const topic = publisher.topics.pose('front');
  for (let n = 0; n < 2000; n++) {
    publisher.publishPose(topic, 'x'.repeat(1000));
    if (n % 20 === 0) await delay(1);
  }
  await waitFor(
    'all accounted for',
    () => observer.of(topic).length + publisher.counters().drops.backlog === 2000,
  );
  t.ok(observer.of(topic).length > 1000, `${observer.of(topic).length} arrived`);
});

t.test('a subscriber that takes nothing does not hold up the others', async (t) => {
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  t.teardown(() => broker.stop());
  // CONNECT as "s", SUBSCRIBE to "#", and never read again.
  const sleeper = connect(Number(new URL(broker.url).port), '127.0.0.1');
  t.teardown(() => sleeper.destroy());
  sleeper.on('error', () => {});
  sleeper.write(Buffer.from([0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 1, 115]));
  sleeper.write(Buffer.from([0x82, 6, 0, 1, 0, 1, 35, 0]));
  sleeper.pause();
  await delay(100);
  const observer = await MqttObserver.connect(broker.url, '#', { protocolVersion: 4 });
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url: broker.url, protocolVersion: 4 });
  await waitFor('connected', () => publisher.connected);
  const topic = publisher.topics.pose('front');
  let sent = 0;
  // More than the kernel's buffers hold, so that the sleeper's socket is full for sure.
  for (let n = 0; n < 400; n++) {
    if (publisher.publishPose(topic, 'x'.repeat(50_000))) sent += 1;
    await delay(2);
  }
  await waitFor('all that was sent', () => observer.of(topic).length === sent, 3000);
  t.ok(sent > 250, `${sent} of 400 messages of 50 kB sent`);
});

t.test('a port that is taken', async (t) => {
  const first = new EmbeddedBroker({ port: 0 });
  await first.start();
  t.teardown(() => first.stop());
  const port = Number(new URL(first.url).port);
  const second = new EmbeddedBroker({ port });
  await t.rejects(second.start(), {
    code: 'MQTT_PORT_IN_USE',
    message: new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`),
  });
  await second.stop();
  await first.stop();
  await second.start();
  t.equal(second.url, `mqtt://127.0.0.1:${port}`, 'free again, it takes it');
  await second.stop();
});
