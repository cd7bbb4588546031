/**
 * An agent's MQTT part in a process of its own, to be flooded: `tsx command-process.ts URL`. Publishes 30 poses a
 * second and takes `ping`. Sends its figures to its parent every 100 ms.
 */
import { z } from 'zod';
import { CommandReceiver } from '../../src/mqtt/command-receiver.js';
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';

/** What the parent is told. */
export interface CommandProcessFigures {
  /** Monotonic, ms. */
  readonly at: number;
  readonly connected: boolean;
  readonly runs: number;
  readonly poses: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly commands: ReturnType<CommandReceiver['counters']>;
  readonly mqtt: ReturnType<MqttPublisher['counters']>;
}

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: command-process.ts URL');
const publisher = new MqttPublisher({ url, device: 'box', session: 'flooded' });
let runs = 0;
let poses = 0;
const receiver = new CommandReceiver({
  publisher,
  topics: publisher.topics,
  redact: (text) => text,
  commands: {
    ping: {
      args: z.strictObject({}),
      timeLimitMs: 1000,
      run: async () => {
        runs += 1;
        return {};
      },
    },
  },
});
receiver.start();
publisher.start();
const pose = 'x'.repeat(2000);
setInterval(() => {
  if (publisher.publishPose(publisher.topics.pose('front'), pose)) poses += 1;
}, 1000 / 30);
setInterval(() => {
  const { user, system } = process.cpuUsage();
  const figures: CommandProcessFigures = {
    at: performance.now(),
    connected: publisher.connected,
    runs,
    poses,
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    commands: receiver.counters(),
    mqtt: publisher.counters(),
  };
  process.send?.(figures);
}, 100);
process.on('disconnect', () => process.exit());
