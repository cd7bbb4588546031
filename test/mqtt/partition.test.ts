import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const full = process.env.EDGE_POSE_FULL === '1';
const keepaliveSeconds = full ? 15 : 2;
const willDelaySeconds = full ? 10 : 1;
/** Half as long again as the keepalive, and a little; the broker looks for the dead once a second or so. */
const noticedMs = full ? 23_000 : 3500;
/** The broker's own check comes only every few seconds, and the will is delayed after it. */
const willMs = full ? 35_000 : 10_000;

t.test(`a partition, keepalive ${keepaliveSeconds} s: both sides notice, and it heals`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const proxy = new TcpProxy(broker.port);
  await proxy.start();
  t.teardown(() => proxy.stop());
  const observer = await MqttObserver.connect(broker.url);
  t.teardown(() => observer.close());
  let downAt: number | undefined;
  const publisher = startPublisher(t, {
    url: `mqtt://127.0.0.1:${proxy.port}`,
    keepaliveSeconds,
    willDelaySeconds,
    connectTimeoutMs: 1000,
    onDisconnect: () => {
      downAt ??= performance.now();
    },
  });
  const { state } = publisher.topics;
  publisher.setState('online');
  await observer.waitForState(state, 'online');
  const timer = setInterval(
    () => publisher.publishPose(publisher.topics.pose('front'), 'x'.repeat(2000)),
    33,
  );
  t.teardown(() => clearInterval(timer));
  await delay(300);

  proxy.part();
  const begin = performance.now();
  publisher.publishEvent(publisher.topics.event, 'while parted');
  await waitFor('the device notices', () => !publisher.connected, noticedMs + 2000);
  const tookMs = (downAt ?? performance.now()) - begin;
  t.ok(tookMs <= noticedMs, `the device knew after ${Math.round(tookMs)} ms`);
  await observer.waitForState(state, 'offline', willMs + 2000);
  const offlineMs = performance.now() - begin;
  t.ok(offlineMs <= willMs, `everyone else after ${Math.round(offlineMs)} ms`);

  proxy.heal();
  await waitFor('back', () => publisher.connected, 15_000);
  await observer.waitForState(state, 'online');
  await waitFor('the event', () => observer.of(publisher.topics.event).length > 0);
  t.match(observer.of(publisher.topics.event), [{ text: 'while parted' }]);
});

t.test('two of one name: they take each other’s place ever more rarely', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const pauses: number[] = [];
  // Mosquitto 2.0 gives no reason when it closes the older connection.
  for (const session of ['session-1', 'session-2']) {
    startPublisher(t, {
      url: broker.url,
      session,
      backoff: { minMs: 50, maxMs: 2000 },
      onDisconnect: (_reason, retryInMs) => pauses.push(retryInMs),
    });
  }
  await delay(5000);
  t.ok(pauses.length >= 4 && pauses.length <= 16, `${pauses.length} takeovers in 5 s`);
  const last = pauses.slice(-2).map(Math.round);
  t.ok(Math.min(...last) >= 500, `at last after ${last.join(' and ')} ms`);
});
