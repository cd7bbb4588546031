import { monitorEventLoopDelay } from 'node:perf_hooks';
import { EmbeddedBroker } from '../../src/mqtt/embedded-broker.js';
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { deviceTopics } from '../../src/mqtt/topics.js';

/** What the process tells on request, and starts anew. */
export interface BrokerFigures {
  sent: number;
  dropped: number;
  reconnects: number;
  rssMb: number;
  loopP99Ms: number;
  cpuMs: number;
  /** What is held after a collection of garbage, in JavaScript and outside it. */
  heldMb: number;
}

/** An embedded broker with the agent's own client, in a process of its own: 30 poses a second, and figures on request. */
const megabyte = 1024 * 1024;
const collect = globalThis.gc as () => void;
const topics = deviceTopics('box');
const broker = new EmbeddedBroker({ port: 0, topics, ownerPassword: process.argv[2], onNotice: () => {} });
await broker.start();
const publisher = new MqttPublisher({
  url: broker.url,
  openStream: () => broker.connect(),
  protocolVersion: 4,
  device: 'box',
  session: 'session-1',
});
publisher.subscribe(topics.configDesired, () => {}, { qos: 1 });
publisher.subscribe(topics.commands, () => {}, { qos: 1 });
publisher.start();
publisher.setState('online');
for (let n = 0; n < 16; n++) publisher.announce(topics.cameraStatus(`cam${n}`), '{"status":"online"}');
let sent = 0;
setInterval(() => {
  const text = `{"seq":${sent},"pad":"${'x'.repeat(2000)}"}`;
  if (publisher.publishPose(topics.pose('front'), text)) sent += 1;
}, 33);
let cpu = process.cpuUsage();
let rssMb = 0;
const look = (): void => {
  rssMb = Math.max(rssMb, process.memoryUsage.rss() / megabyte);
};
setInterval(look, 20);
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();
process.on('message', () => {
  look(); // who asks twice in a row asks before the next look
  const { dropped, reconnects } = publisher.counters();
  const cpuMs = process.cpuUsage(cpu).user / 1000;
  const loopP99Ms = loop.percentile(99) / 1e6;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const heldMb = (heapUsed + external) / megabyte;
  const figures: BrokerFigures = { sent, dropped, reconnects, rssMb, loopP99Ms, cpuMs, heldMb };
  cpu = process.cpuUsage();
  rssMb = 0;
  loop.reset();
  process.send?.(figures);
});
process.on('disconnect', () => process.exit());
process.send?.({ url: broker.url });
