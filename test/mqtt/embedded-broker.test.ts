import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import t, { type Test } from 'tap';
import { EmbeddedBroker } from '../../src/mqtt/embedded-broker.js';
import { deviceTopics } from '../../src/mqtt/topics.js';
import { type StartedBroker, startEmbeddedBroker } from '../support/embedded-broker.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const topics = deviceTopics('box');
const pose = topics.pose('front');

async function observer(
  t: Test,
  { url }: StartedBroker,
  options: IClientOptions,
  filter = '#',
): Promise<MqttObserver> {
  const client = await MqttObserver.connect(url, filter, options);
  t.teardown(() => client.close());
  return client;
}

async function client(t: Test, { url }: StartedBroker, options: IClientOptions): Promise<MqttClient> {
  const one = await connectAsync(url, { reconnectPeriod: 0, ...options });
  one.on('error', () => {});
  t.teardown(() => one.endAsync(true));
  return one;
}

t.test('from publisher to subscriber', async (t) => {
  t.throws(() => new EmbeddedBroker({ topics }).url, /no URL before start/);
  const it = await startEmbeddedBroker(t);
  t.match(it.url, /^mqtt:\/\/127\.0\.0\.1:\d+$/);
  const reader = await observer(t, it, it.reader);
  const publisher = startPublisher(t, it.agent);
  publisher.setState('online');
  await reader.waitForState(topics.state, 'online');
  t.equal(publisher.publishPose(pose, '{"seq":1}'), true);
  await waitFor('pose', () => reader.of(pose).length === 1);

  const latecomer = await observer(t, it, it.reader);
  await waitFor('retained state', () => latecomer.of(topics.state).length > 0);
  t.equal(latecomer.of(topics.state)[0]?.retained, true);

  await publisher.close();
  await reader.waitForState(topics.state, 'stopped');
  await it.broker.stop();
  await it.broker.stop();
  await t.rejects(new Promise((_, reject) => it.broker.connect().once('error', reject)), /not running/);
});

t.test('2,000 poses at once arrive or are counted', async (t) => {
  const it = await startEmbeddedBroker(t);
  const reader = await observer(t, it, it.reader);
  const publisher = startPublisher(t, it.agent);
  await waitFor('connected', () => publisher.connected);
  for (let n = 0; n < 2000; n++) {
    publisher.publishPose(pose, 'x'.repeat(1000));
    if (n % 20 === 0) await delay(1);
  }
  await waitFor(
    'all accounted for',
    () => reader.of(pose).length + publisher.counters().drops.backlog === 2000,
  );
  t.ok(reader.of(pose).length > 1000, `${reader.of(pose).length} arrived`);
});

t.test('a subscriber that takes nothing does not hold up the others, and is disconnected', async (t) => {
  const it = await startEmbeddedBroker(t);
  // CONNECT as "s", SUBSCRIBE to "#", and never read again.
  const sleeper = connect(Number(new URL(it.url).port), '127.0.0.1');
  t.teardown(() => sleeper.destroy());
  let ended = false;
  sleeper.on('error', () => {
    ended = true;
  });
  sleeper.write(Buffer.from([0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 1, 115]));
  sleeper.write(Buffer.from([0x82, 6, 0, 1, 0, 1, 35, 0]));
  sleeper.pause();
  await delay(100);
  const reader = await observer(t, it, it.reader);
  const publisher = startPublisher(t, it.agent);
  await waitFor('connected', () => publisher.connected);
  let sent = 0;
  // More than the kernel's buffers hold, so that the sleeper's socket is full for sure.
  for (let n = 0; n < 400; n++) {
    if (publisher.publishPose(pose, 'x'.repeat(50_000))) sent += 1;
    await delay(2);
  }
  await waitFor('all that was sent', () => reader.of(pose).length === sent, 3000);
  t.ok(sent > 250, `${sent} of 400 messages of 50 kB sent`);
  await waitFor(
    'the sleeper is gone',
    () => {
      publisher.publishPose(pose, '{}');
      sleeper.write(Buffer.from([0xc0, 0]));
      return ended || sleeper.destroyed;
    },
    8000,
  );
});

t.test('a port that is taken', async (t) => {
  const first = await startEmbeddedBroker(t);
  const port = Number(new URL(first.url).port);
  const second = new EmbeddedBroker({ port, topics });
  await t.rejects(second.start(), {
    code: 'MQTT_PORT_IN_USE',
    message: new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`),
  });
  await second.stop();
  await first.broker.stop();
  await second.start();
  t.equal(second.url, `mqtt://127.0.0.1:${port}`, 'free again, it takes it');
  await second.stop();
});

t.test('without the password: read, and nothing else', async (t) => {
  const it = await startEmbeddedBroker(t);
  const publisher = startPublisher(t, it.agent);
  publisher.setState('online');
  const heard: string[] = [];
  for (const filter of [topics.configDesired, topics.commands]) {
    publisher.subscribe(filter, (topic, payload) => heard.push(`${topic} ${payload}`), { qos: 1 });
  }
  await waitFor('connected', () => publisher.connected);
  const owner = await client(t, it, it.owner);
  const reader = await observer(t, it, it.reader);

  await t.test('publishing ends the connection, and does nothing', async (t) => {
    for (const topic of [topics.configDesired, topics.command('restart'), topics.state, pose, 'elsewhere']) {
      const stranger = await client(t, it, it.reader);
      const closed = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
      stranger.publish(topic, 'x', { qos: 1, retain: true });
      await closed;
    }
    t.match(it.notices, [/wanted to publish on "edgepose\/v1\/box\/config\/desired": refused/], 'told once');
    await owner.publishAsync(topics.configDesired, 'the owner', { qos: 1 });
    await waitFor('what the owner publishes', () => heard.length > 0);
    t.strictSame(heard, [`${topics.configDesired} the owner`]);
  });

  await t.test('no will, and no name of another', async (t) => {
    const will = {
      topic: topics.command('restart'),
      payload: Buffer.from('{}'),
      qos: 1 as const,
      retain: false,
    };
    await t.rejects(connectAsync(it.url, { ...it.reader, will, reconnectPeriod: 0 }), /Not authorized/);
    const ends: string[] = [];
    owner.on('close', () => ends.push('the owner'));
    for (const clientId of ['box', 'agent', 'client-1', owner.options.clientId as string]) {
      const namesake = await client(t, it, { ...it.reader, clientId });
      await namesake.subscribeAsync('#');
    }
    t.equal(publisher.counters().reconnects, 0);
    t.strictSame(ends, []);
  });

  await t.test('a wrong password, or another name, is refused', async (t) => {
    for (const login of [
      { password: 'x' },
      { username: 'root' },
      { password: '' },
      { password: 'x'.repeat(5000) },
    ]) {
      await t.rejects(
        connectAsync(it.url, { ...it.owner, ...login, reconnectPeriod: 0 }),
        /Bad username or password/,
      );
    }
    const locked = await startEmbeddedBroker(t, { ownerPassword: undefined });
    await t.rejects(
      connectAsync(locked.url, { ...locked.owner, reconnectPeriod: 0 }),
      /Bad username or password/,
    );
  });

  await t.test('what is not for everybody is not read by everybody', async (t) => {
    const secrets = [topics.configDesired, topics.command('ping'), topics.commandResponse('snapshot')];
    for (const topic of secrets) {
      await owner.publishAsync(topic, 'for the owner', { qos: 1, retain: true });
    }
    await owner.publishAsync('edgepose/client/ui/1', 'for the owner', { qos: 1, retain: true });
    publisher.publishStats('{}');
    await waitFor('figures', () => reader.of(topics.stats).length > 0);
    const latecomer = await observer(t, it, it.reader, 'edgepose/#');
    await latecomer.waitForState(topics.state, 'online');
    for (const { topic, text } of [...reader.messages, ...latecomer.messages]) {
      t.not(text, 'for the owner', topic);
    }
    const other = await client(t, it, it.reader);
    for (const filter of [
      topics.configDesired,
      topics.commands,
      'edgepose/client/#',
      '$SYS/#',
      `${topics.commands}/resp`,
    ]) {
      await t.rejects(other.subscribeAsync(filter), /128|Unspecified|denied|error/i, filter);
    }
    const all = await observer(t, it, it.owner);
    await waitFor(
      'all of it',
      () => all.messages.filter(({ text }) => text === 'for the owner').length === 4,
    );
  });
});
