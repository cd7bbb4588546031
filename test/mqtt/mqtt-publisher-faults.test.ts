import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import {
  acknowledgeAll,
  connack,
  disconnect,
  FakeBroker,
  onPacket,
  packetId,
  suback,
} from '../support/fake-broker.js';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

/** Events of one outage; ids of QoS 1 end at 65,535. */
const eventsAnOutage = atScale({ few: 25, tenth: 7_000, full: 70_000 });
const slowMs = atScale({ few: 8_000, tenth: 15_000, full: 60_000 });
const state = 'edgepose/v1/box/state';
const poseTopic = 'edgepose/v1/box/cam/front/pose';

/** Offers one message after another at a rate until stopped; each tells when it was made. */
function offerPoses(publisher: MqttPublisher, { perSecond, bytes }: { perSecond: number; bytes: number }) {
  const offer = {
    count: 0,
    stop: () => clearInterval(timer),
  };
  const timer = setInterval(() => {
    offer.count += 1;
    const head = `{"seq":${offer.count},"ts":${Date.now()},"pad":"`;
    publisher.publishPose(poseTopic, `${head}${'x'.repeat(bytes - head.length - 2)}"}`);
  }, 1000 / perSecond);
  return offer;
}

t.test('an agent killed: its will is retained after the will delay, not before', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());
  const script = join(import.meta.dirname, '../support/publisher-process.ts');
  const child = spawn(process.execPath, ['--import=tsx', script, broker.url, '2'], { stdio: 'inherit' });
  t.teardown(() => child.kill('SIGKILL'));
  await observer.waitForState(state, 'online', 20_000);
  child.kill('SIGKILL');
  const tookMs = await observer.waitForState(state, 'offline');
  t.ok(tookMs > 1000 && tookMs < 4000, `offline after ${Math.round(tookMs)} ms, will delay 2 s`);
  const latecomer = await MqttObserver.connect(broker.url);
  t.teardown(() => latecomer.close());
  await waitFor('retained will', () => latecomer.messages.length > 0);
  t.match(latecomer.messages, [{ topic: state, retained: true, qos: 1 }]);
  t.match(latecomer.last(state), { state: 'offline', session: 'doomed', ts: Number });
});

t.test('a broker killed and back, empty: announced anew; nothing queued but the newest', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url });
  publisher.setState('online');
  await waitFor('connected', () => publisher.connected);
  const offer = offerPoses(publisher, { perSecond: 100, bytes: 1000 });
  const waiting = { acknowledged: 0, volatile: 0 };
  for (let outage = 1; outage <= 4; outage++) {
    await broker.kill();
    await waitFor('loss seen', () => !publisher.connected);
    const before = { offered: offer.count, ...publisher.counters() };
    for (let n = 1; n <= eventsAnOutage; n++)
      publisher.publishEvent('edgepose/v1/box/event', `${outage}.${n}`);
    publisher.announce(publisher.topics.info, `old ${outage}`);
    publisher.announce(publisher.topics.info, `new ${outage}`);
    await delay(100);
    const { drops, queued } = publisher.counters();
    const offered = offer.count - before.offered;
    t.ok(offered > 0, `${offered} poses meanwhile`);
    waiting.volatile = Math.max(waiting.volatile, offered - (drops.offline - before.drops.offline));
    t.equal(drops.queue - before.drops.queue, eventsAnOutage - 10, 'all events but 10 are dropped');
    // 10 events, state and info.
    waiting.acknowledged = Math.max(waiting.acknowledged, queued);

    await broker.start();
    const observer = await MqttObserver.connect(broker.url);
    await waitFor('back', () => publisher.connected);
    await waitFor('all sent', () => publisher.counters().queued === 0);
    await waitFor('info', () => observer.of(publisher.topics.info).length > 0);
    t.equal(observer.of(publisher.topics.info).at(-1)?.text, `new ${outage}`);
    t.match(observer.last(state), { state: 'online', session: 'session-1' });
    await waitFor('poses', () => observer.of(poseTopic).length > 3);
    await observer.close();
  }
  offer.stop();
  t.equal(publisher.counters().reconnects, 4);
  const fault = 'offline_queue';
  const what = `QoS 1 messages waiting, of ${eventsAnOutage + 3},`;
  reached(t, { fault, what, value: waiting.acknowledged, atMost: 12 });
  reached(t, { fault, what: 'QoS 0 messages waiting', value: waiting.volatile, exactly: 0 });
});

t.test('refused and thrown out', async (t) => {
  await t.test('five refusals, then accepted: online', async (t) => {
    const broker = new FakeBroker((connection, socket) => {
      acknowledgeAll(socket);
      socket.write(connack(connection <= 5 ? 0x88 : 0));
    });
    await broker.start();
    t.teardown(() => broker.stop());
    const reasons: string[] = [];
    const pauses: number[] = [];
    const publisher = startPublisher(t, {
      url: broker.url.replace('//', '//user:hunter2@'),
      onDisconnect: (reason, retryInMs) => {
        reasons.push(reason);
        pauses.push(retryInMs);
      },
    });
    await waitFor('connected', () => publisher.connected);
    const fault = 'connack_refused';
    reached(t, { fault, what: 'refusals (0x88) before it is online', value: reasons.length, exactly: 5 });
    t.equal(broker.connections, 6);
    for (const reason of reasons) t.match(reason, /0x88/);
    t.notMatch(reasons.join(), /hunter2/);
    t.ok((pauses[4] ?? 0) >= 250 && (pauses[0] ?? 0) <= 100, `pauses grow: ${pauses.map(Math.round)} ms`);
  });

  await t.test('another takes our client id (0x8E): the longest pause at once', async (t) => {
    const broker = new FakeBroker((_, socket) => {
      socket.write(connack(0));
      setTimeout(() => socket.end(disconnect(0x8e)), 50);
    });
    await broker.start();
    t.teardown(() => broker.stop());
    const pauses: number[] = [];
    startPublisher(t, {
      url: broker.url,
      backoff: { minMs: 50, maxMs: 60_000 },
      onDisconnect: (reason, retryInMs) => {
        t.match(reason, /0x8e/);
        pauses.push(retryInMs);
      },
    });
    await waitFor('thrown out', () => pauses.length === 1);
    const what = 'pause after another took its client id';
    reached(t, { fault: 'late_will', what, value: (pauses[0] ?? 0) / 1000, unit: 's', atLeast: 30 });
  });

  await t.test('accepted and dropped at once, for ever: pauses grow all the same', async (t) => {
    const broker = new FakeBroker((_, socket) => socket.end(connack(0)));
    await broker.start();
    t.teardown(() => broker.stop());
    startPublisher(t, { url: broker.url, backoff: { minMs: 20, maxMs: 10_000, random: () => 0 } });
    await delay(1500);
    t.ok(broker.connections >= 4 && broker.connections <= 7, `${broker.connections} connects in 1.5 s`);
  });

  await t.test('a subscription that the broker refuses is a problem, not an end', async (t) => {
    const broker = new FakeBroker((_, socket) => {
      acknowledgeAll(socket);
      onPacket(socket, (packet) => {
        if (packet.type === 'SUBSCRIBE') socket.write(suback(packetId(packet), 0x87));
      });
      socket.write(connack(0));
    });
    await broker.start();
    t.teardown(() => broker.stop());
    const problems: string[] = [];
    const publisher = startPublisher(t, { url: broker.url, onProblem: (text) => problems.push(text) });
    await waitFor('problem', () => problems.length > 0);
    const told = problems.filter((text) =>
      /subscription to .*state refused by the broker: reason 0x87/.test(text),
    );
    reached(t, { fault: 'tls', what: 'refused subscriptions told', value: told.length, exactly: 1 });
    t.equal(publisher.connected, true);
  });
});

t.test('a slow link: what is published arrives, all else is counted', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const proxy = new TcpProxy(broker.port);
  await proxy.start();
  t.teardown(() => proxy.stop());
  const observer = await MqttObserver.connect(broker.url, poseTopic);
  t.teardown(() => observer.close());
  const publisher = startPublisher(t, { url: `mqtt://127.0.0.1:${proxy.port}`, keepaliveSeconds: 5 });
  await waitFor('connected', () => publisher.connected);

  // 60 messages a second of ten people each.
  const offer = offerPoses(publisher, { perSecond: 60, bytes: 2200 });
  await delay(1000);
  t.equal(publisher.counters().dropped, 0, 'a healthy link loses nothing');
  proxy.throttle(8192);
  await delay(slowMs);
  const slow = publisher.counters();
  t.ok(slow.drops.backlog > 300, `${slow.drops.backlog} dropped on the slow link`);
  t.equal(slow.reconnects, 0, 'the keepalive’s answers still come: the connection holds');
  proxy.throttle(Number.POSITIVE_INFINITY);
  const released = Date.now();
  await delay(1000);
  offer.stop();
  await delay(500);

  const { published, dropped, drops } = publisher.counters();
  const received = observer.of(poseTopic);
  t.equal(drops.backlog, dropped);
  const fault = 'slow_broker';
  const lost = offer.count - received.length - dropped;
  reached(t, { fault, what: 'poses neither arrived nor counted', value: lost, exactly: 0 });
  t.equal(published - received.length, 1, 'and nothing else was published but the birth');
  const poses = received.map(({ text, at }) => {
    const ts = Number(JSON.parse(text).ts);
    return { ts, ageMs: performance.timeOrigin + at - ts };
  });
  const ages = poses.filter(({ ts }) => ts > released).map(({ ageMs }) => ageMs);
  t.ok(ages.length > 30, `${ages.length} poses after the release`);
  const what = 'poses taken after the release are at most so old:';
  reached(t, { fault, what, value: Math.max(...ages) / 1000, unit: 's', atMost: 2 });
  const oldestMs = Math.max(...poses.map(({ ageMs }) => ageMs));
  t.ok(oldestMs < Math.min(slowMs + 1000, 15_000), `the oldest of all was ${Math.round(oldestMs)} ms old`);
});

t.test('a broker that answers nothing any more', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url });
  await waitFor('connected', () => publisher.connected);
  broker.freeze();
  const payload = 'x'.repeat(2000);
  let taken = 0;
  for (let n = 0; n < 5000; n++) if (publisher.publishPose(poseTopic, payload)) taken += 1;
  t.ok(taken * 2000 <= 1024 * 1024, `${taken} messages of 2 kB taken in a burst: at most 1 MiB`);
  await delay(600);
  t.equal(publisher.publishPose(poseTopic, payload), false, 'then none');
  const start = performance.now();
  await publisher.close();
  const tookMs = performance.now() - start;
  t.ok(tookMs < 2000, `close() took ${Math.round(tookMs)} ms`);
});

t.test('an event in flight when the connection is lost is sent again, in 3.1.1 too', async (t) => {
  const events: string[] = [];
  const broker = new FakeBroker((connection, socket) => {
    onPacket(socket, ({ type, body }) => {
      if (type === 'PUBLISH' && body.includes('/event')) events.push(body.toString().slice(-5));
    });
    if (connection === 2) acknowledgeAll(socket);
    socket.write(Buffer.from([0x20, 0x02, 0x00, 0x00]));
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url, protocolVersion: 4, keepaliveSeconds: 1 });
  publisher.publishEvent(publisher.topics.event, 'crash');
  await waitFor('acknowledged', () => events.length > 0 && publisher.counters().queued === 0);
  t.strictSame(events, ['crash', 'crash']);
  t.equal(publisher.counters().dropped, 0);
});

t.test('a partition is noticed by the keepalive, though poses go out', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, { url: broker.url, keepaliveSeconds: 1 });
  await waitFor('connected', () => publisher.connected);
  broker.freeze();
  const offer = offerPoses(publisher, { perSecond: 30, bytes: 500 });
  const tookMs = await waitFor('loss seen', () => !publisher.connected, 5000);
  offer.stop();
  t.ok(tookMs < 2500, `after ${Math.round(tookMs)} ms with a keepalive of 1 s`);
  broker.thaw();
  await waitFor('back', () => publisher.connected);
});
