import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

/** As the agent has it. */
const real = {
  keepaliveSeconds: 15,
  willDelaySeconds: 10,
  /** Half as long again as the keepalive, and a little. */
  noticedSeconds: 23,
  /** The broker looks for the dead only every few seconds, and delays the will after that. */
  willSeconds: 35,
};
const quick = { keepaliveSeconds: 2, willDelaySeconds: 1, noticedSeconds: 3.5, willSeconds: 10 };
const { keepaliveSeconds, willDelaySeconds, noticedSeconds, willSeconds } = atScale({
  few: quick,
  tenth: real,
  full: real,
});
const fault = 'partition';

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
  await waitFor('the device notices', () => !publisher.connected, (noticedSeconds + 2) * 1000);
  const noticed = ((downAt ?? performance.now()) - begin) / 1000;
  reached(t, { fault, what: 'the device knows after', value: noticed, unit: 's', atMost: noticedSeconds });
  await observer.waitForState(state, 'offline', (willSeconds + 2) * 1000);
  const offline = (performance.now() - begin) / 1000;
  reached(t, { fault, what: 'everyone else after', value: offline, unit: 's', atMost: willSeconds });

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
  const what = 'two of one name take each other’s place at last after';
  const last = Math.min(...pauses.slice(-2)) / 1000;
  reached(t, { fault: 'late_will', what, value: last, unit: 's', atLeast: 0.5 });
});
