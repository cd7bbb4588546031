import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
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

/** Cameras with as many misspelt keys as a document may have. */
function worstDocument(version: number): string {
  const misspelt = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`sorce${n}-of-the-camera`, n]));
  const cameras = Array.from({ length: 16 }, (_, n) => ({
    id: `c${n}`,
    source: 'rtsp://192.0.2.1/',
    ...misspelt,
  }));
  return JSON.stringify({ version, id: `doc-${version}`, config: { cameras } });
}

const documentsPerSecond = 50;

t.test(`an agent that is sent ${documentsPerSecond} documents of 1,900 mistakes a second`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const paced = await PacedAgent.start(t, { url: broker.url, fps });
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  t.teardown(() => client.endAsync(true));

  const begun = performance.now();
  for (let sent = 0; sent < documentsPerSecond * seconds; sent++) {
    client.publish(`${PacedAgent.base}/config/desired`, worstDocument(sent + 1), { qos: 1 });
    await sleep(Math.max(0, begun + (sent * 1000) / documentsPerSecond - performance.now()));
  }
  const gap = paced.longestGapSince(begun) / 1000;
  reached(t, {
    fault,
    what: 'longest gap of the poses in a flood of documents',
    value: gap,
    unit: 's',
    atMost: 1,
  });
  await paced.progress();
  t.ok(paced.stats.loop_p99_ms < 500, `and the agent's loop turns: p99 ${paced.stats.loop_p99_ms} ms`);
});
