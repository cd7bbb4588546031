import t from 'tap';
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { formatPoseMessage } from '../../src/mqtt/pose-message.js';
import type { MessageHandler } from '../../src/mqtt/subscriptions.js';
import { reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const state = 'edgepose/v1/box/state';

t.test('against a real broker', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());

  await t.test('birth, retained values, poses and stats arrive as the contract says', async (t) => {
    const publisher = startPublisher(t, { url: broker.url });
    t.equal(
      publisher.publishPose(publisher.topics.pose('front'), '{}'),
      false,
      'offline: dropped, not queued',
    );
    publisher.announce(publisher.topics.cameraStatus('front'), '{"status":"online"}');
    publisher.publishEvent('edgepose/v1/box/event', '{"n":1}');
    await observer.waitForState(state, 'init');
    publisher.setState('online');
    await observer.waitForState(state, 'online');
    t.match(observer.last(state), { state: 'online', session: 'session-1', ts: Number });

    const pose = formatPoseMessage({
      seq: 1,
      session: 'session-1',
      camera: 'front',
      ts: Date.now(),
      ageMs: 12,
      frame: [640, 480],
      model: 'm',
      skeleton: 's',
      people: [{ id: null, score: 0.5, keypoints: [{ x: 1, y: 2, score: 0.5 }] }],
    });
    t.equal(publisher.publishPose(publisher.topics.pose('front'), pose), true);
    t.equal(publisher.publishStats('{"v":1}'), true);
    await waitFor('stats', () => observer.of('edgepose/v1/box/stats').length === 1);
    await waitFor('acknowledgements', () => publisher.counters().queued === 0);

    t.match(
      broker.log,
      /connected from [^ ]+ as box \(p5, c0, k15\)/,
      'MQTT 5, clean start false, keepalive 15',
    );

    const [received] = observer.of('edgepose/v1/box/cam/front/pose');
    t.match(received, { text: pose, qos: 0, retained: false });
    t.ok([1, 2].includes(received?.expirySeconds ?? 0), 'expires after 2 s');
    t.match(observer.of('edgepose/v1/box/event'), [{ text: '{"n":1}', qos: 1, retained: false }]);
    t.match(observer.of('edgepose/v1/box/cam/front/status'), [{ text: '{"status":"online"}', qos: 1 }]);

    const latecomer = await MqttObserver.connect(broker.url);
    t.teardown(() => latecomer.close());
    await waitFor('retained values', () => latecomer.messages.length === 2);
    t.strictSame(latecomer.messages.map(({ topic, retained }) => [topic, retained]).sort(), [
      ['edgepose/v1/box/cam/front/status', true],
      [state, true],
    ]);

    const { published, dropped, drops, reconnects } = publisher.counters();
    t.equal(published, 6, 'two births, a status, an event, a pose, stats');
    t.strictSame(
      { dropped, drops, reconnects },
      {
        dropped: 1,
        drops: { offline: 1, backlog: 0, oversize: 0, queue: 0, response: 0 },
        reconnects: 0,
      },
    );
  });

  await t.test('close: stopped stays, no will follows', async (t) => {
    const publisher = startPublisher(t, { url: broker.url, willDelaySeconds: 0 });
    publisher.setState('online');
    await observer.waitForState(state, 'online');
    const before = observer.of(state).length;
    await publisher.close();
    await observer.waitForState(state, 'stopped');
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.strictSame(
      observer
        .of(state)
        .slice(before)
        .map(({ text }) => JSON.parse(text).state),
      ['stopped'],
    );
    t.equal(publisher.publishPose(publisher.topics.pose('front'), '{}'), false, 'closed: dropped');
    await publisher.close();
  });

  await t.test('a late "offline" over a living device is corrected within 1 s', async (t) => {
    const publisher = startPublisher(t, { url: broker.url });
    publisher.setState('online');
    await observer.waitForState(state, 'online');
    await waitFor('acknowledgements', () => publisher.counters().queued === 0);
    const corrections: number[] = [];
    for (const text of [
      '{"state":"offline","session":"session-1","ts":1}',
      'no JSON',
      '{"state":"online"}',
    ]) {
      const count = observer.of(state).length;
      await observer.publish(state, text, { retain: true });
      corrections.push(await waitFor('correction', () => observer.of(state).length === count + 2, 3000));
      t.match(observer.last(state), { state: 'online', session: 'session-1' }, text);
    }
    const slowest = Math.max(...corrections) / 1000;
    reached(t, { fault: 'late_will', what: 'corrected after', value: slowest, unit: 's', atMost: 1 });
    const count = observer.of(state).length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.equal(observer.of(state).length, count, 'and says no more than that');
  });

  await t.test('subscriptions hand over messages, now and after a reconnect', async (t) => {
    const publisher = startPublisher(t, { url: broker.url });
    const heard: string[] = [];
    publisher.subscribe('edgepose/v1/box/cmd/ping', (_topic, payload) => heard.push(payload.toString()));
    await waitFor('connected', () => publisher.connected);
    await waitFor('first', async () => {
      await observer.publish('edgepose/v1/box/cmd/ping', 'a');
      return heard.includes('a');
    });
    const intruder = await MqttObserver.connect(broker.url, '#', { clientId: 'box', reconnectPeriod: 0 });
    await waitFor('thrown out', () => !publisher.connected);
    await intruder.close();
    await waitFor('back', () => publisher.connected);
    await waitFor('second', async () => {
      await observer.publish('edgepose/v1/box/cmd/ping', 'b');
      return heard.includes('b');
    });
    t.equal(publisher.counters().reconnects, 1);
  });

  await t.test('a filter with +: topic, QoS and whether it is retained; a handler that throws', async (t) => {
    const problems: string[] = [];
    const publisher = startPublisher(t, { url: broker.url, onProblem: (text) => problems.push(text) });
    await observer.publish(publisher.topics.configDesired, '{"version":1}', { retain: true });
    const heard: [string, string, boolean, number][] = [];
    const hear: MessageHandler = (topic, payload, { retain, qos }) =>
      heard.push([topic, payload.toString(), retain, qos]);
    publisher.subscribe(publisher.topics.configDesired, hear, { qos: 1 });
    await waitFor('retained', () => heard.length === 1);
    publisher.subscribe(
      publisher.topics.commands,
      (topic, payload, packet) => {
        hear(topic, payload, packet);
        throw new Error('a handler’s mistake');
      },
      { qos: 1 },
    );
    await waitFor('live', async () => {
      await observer.publish(publisher.topics.command('info'), 'p', { properties: { responseTopic: 'r' } });
      return heard.length > 1;
    });
    await observer.publish(publisher.topics.commandResponse('info'), 'no request');
    t.strictSame(heard[0], [publisher.topics.configDesired, '{"version":1}', true, 1]);
    t.strictSame(heard[1], [publisher.topics.command('info'), 'p', false, 1]);
    t.match(problems[0], /cmd\/info: a handler’s mistake/);
    t.equal(publisher.connected, true);
    await observer.publish(publisher.topics.configDesired, '', { retain: true });
  });

  await t.test('answers wait for the connection, the newest twelve', async (t) => {
    const publisher = new MqttPublisher({ url: broker.url, device: 'box', session: 's' });
    t.teardown(() => publisher.close());
    const topic = 'edgepose/client/waiting';
    for (let n = 1; n <= 20; n++) {
      publisher.respond(topic, String(n), { correlationData: Buffer.from([n]) });
    }
    t.strictSame([publisher.counters().queued, publisher.counters().drops.response], [12, 8]);
    publisher.start();
    await waitFor('answers', () => observer.of(topic).length === 12);
    t.strictSame(
      observer.of(topic).map(({ text, qos, correlationData }) => [Number(text), qos, correlationData?.[0]]),
      Array.from({ length: 12 }, (_, n) => [n + 9, 1, n + 9]),
    );
  });
});

t.test('the largest message that the broker takes', async (t) => {
  const broker = await Mosquitto.require(t, ['max_packet_size 2000']);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const problems: string[] = [];
  const publisher = startPublisher(t, { url: broker.url, onProblem: (text) => problems.push(text) });
  await waitFor('connected', () => publisher.connected);
  t.equal(publisher.publishPose(publisher.topics.pose('front'), 'x'.repeat(2000)), false);
  t.equal(publisher.publishPose(publisher.topics.pose('front'), 'x'.repeat(1000)), true);
  publisher.announce(publisher.topics.info, 'x'.repeat(3000));
  t.equal(publisher.counters().drops.oversize, 1);
  t.match(problems, [/info: message of 3\d\d\d bytes, the broker takes 2000/]);
  await waitFor('acknowledgements', () => publisher.counters().queued === 0);
  t.equal(publisher.connected, true, 'the broker was never sent what it would have hung up on');
});

t.test('what is refused before anything is connected', async (t) => {
  const options = { device: 'box', session: 's', url: 'mqtt://user:hunter2@127.0.0.1' };
  t.throws(() => new MqttPublisher({ ...options, device: 'Box/1' }), /device id: expected/);
  t.throws(() => new MqttPublisher({ ...options, url: 'http://user:hunter2@h' }), {
    code: 'MQTT_URL_INVALID',
  });
  t.throws(() => new MqttPublisher({ ...options, tls: { ca: '/nowhere' } }), { code: 'MQTT_URL_INVALID' });
  t.throws(() => new MqttPublisher({ ...options, url: 'mqtts://h', tls: { ca: '/nowhere/ca.pem' } }), {
    code: 'MQTT_TLS_FILE_UNREADABLE',
    message: /\/nowhere\/ca\.pem: ENOENT/,
  });
  const idle = new MqttPublisher(options);
  await idle.close();
  idle.start();
  t.equal(idle.connected, false, 'a closed one stays closed');
});
