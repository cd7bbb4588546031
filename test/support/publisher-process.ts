/** A publisher in a process of its own, to be killed: `tsx publisher-process.ts URL WILL_DELAY_SECONDS`. */
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';

const [url, willDelaySeconds] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: publisher-process.ts URL WILL_DELAY_SECONDS');
const publisher = new MqttPublisher({
  url,
  device: 'box',
  session: 'doomed',
  willDelaySeconds: Number(willDelaySeconds),
});
publisher.start();
publisher.setState('online');
