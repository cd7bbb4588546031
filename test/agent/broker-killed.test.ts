import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { sampleProcess } from '../../scripts/endurance/process-sample.js';
import { outages, outagesTimeoutMs, sufferOutages } from '../support/broker-outages.js';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { inferenceRate, PacedAgent, type Stretch } from '../support/paced-agent.js';

const fault = 'broker_killed';
const fps = atScale({ few: 10, tenth: 30, full: 30 });
const healthyMs = atScale({ few: 3000, tenth: 20_000, full: 60_000 });
t.setTimeout(outagesTimeoutMs + healthyMs + 60_000);

t.test(`an agent at ${fps} fps whose broker is killed ${outages.length} times`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const paced = await PacedAgent.start(t, { url: broker.url, fps });
  const { agent } = paced;
  const workers = new Set<number>();
  const watching = setInterval(() => {
    for (const pid of agent.children()) workers.add(pid);
  }, 200);
  t.teardown(() => clearInterval(watching));
  const healthy = await paced.during(() => sleep(healthyMs));

  const stretches: Stretch[] = [];
  let from = healthy.to;
  await sufferOutages(t, broker, {
    name: 'agent',
    isOnline: (since) => paced.cameOnline(since),
    rssMb: () => sampleProcess(agent.child.pid as number).rssMb,
    queued: () => paced.stats.mqtt.queued,
    beforeOutage: async () => {
      from = await paced.progress();
    },
    afterOutage: async () => {
      stretches.push({ from, to: await paced.progress() });
    },
  });
  const lost = (1 - inferenceRate(stretches) / inferenceRate([healthy])) * 100;
  reached(t, { fault, what: 'its inference rate fell by', value: lost, unit: '%', atMost: 5 });
  reached(t, { fault, what: 'its workers', value: workers.size, exactly: 1 });
  t.equal(agent.child.exitCode, null, 'it lives');
  t.equal(paced.stats.mqtt.reconnects, outages.length, 'one connect for each outage');
});
