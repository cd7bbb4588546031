import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { CommandFlood, floodPerSecond } from '../support/command-flood.js';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { inferenceRate, PacedAgent } from '../support/paced-agent.js';

const fault = 'flood';
const fps = atScale({ few: 10, tenth: 30, full: 30 });
const seconds = atScale({ few: 3, tenth: 10, full: 10 });

t.test(`an agent at ${fps} fps that is sent ${floodPerSecond} commands a second`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const paced = await PacedAgent.start(t, { url: broker.url, fps });
  const flood = await CommandFlood.connect(t, { url: broker.url, base: PacedAgent.base });

  const healthy = await paced.during(() => sleep(seconds * 1000));
  let sent = 0;
  const flooded = await paced.during(async () => {
    sent = await flood.run(seconds);
  });
  const received = paced.stats.commands?.received ?? 0;
  t.ok(received > sent / 2, `${received} of ${sent} sent were received`);
  const lost = (1 - inferenceRate([flooded]) / inferenceRate([healthy])) * 100;
  reached(t, { fault, what: 'inference rate of an agent fell by', value: lost, unit: '%', atMost: 10 });
});
