import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { inferenceRate, PacedAgent } from '../support/paced-agent.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const fault = 'slow_broker';
const fps = atScale({ few: 15, tenth: 30, full: 30 });
const slowMs = atScale({ few: 5000, tenth: 15_000, full: 60_000 });
t.setTimeout(2 * slowMs + 120_000);

t.test(`an agent at ${fps} fps whose broker takes 8 KB a second`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const proxy = new TcpProxy(broker.port);
  await proxy.start();
  t.teardown(() => proxy.stop());
  const url = `mqtt://127.0.0.1:${proxy.port}`;
  const paced = await PacedAgent.start(t, { url, brokerUrl: broker.url, fps });

  const healthy = await paced.during(() => sleep(slowMs));
  const { dropped } = paced.stats.mqtt;
  const slow = await paced.during(async () => {
    proxy.throttle(8192);
    await sleep(slowMs);
    proxy.throttle(Number.POSITIVE_INFINITY);
  });
  const more = paced.stats.mqtt.dropped - dropped;
  t.ok(more > slowMs / 1000, `${more} messages were dropped`);
  const lost = (1 - inferenceRate([slow]) / inferenceRate([healthy])) * 100;
  reached(t, { fault, what: 'inference rate of an agent fell by', value: lost, unit: '%', atMost: 5 });
});
