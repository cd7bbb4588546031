import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import type { MqttPublisherOptions } from '../../src/mqtt/mqtt-publisher-options.js';

/** What of `t` is needed to clean up. */
interface Teardown {
  teardown(handler: () => unknown): unknown;
}

/** A started publisher of the device `box` with pauses fit for a test; closed when the test ends. */
export function startPublisher(
  t: Teardown,
  options: Pick<MqttPublisherOptions, 'url'> & Partial<MqttPublisherOptions>,
): MqttPublisher {
  const publisher = new MqttPublisher({
    device: 'box',
    session: 'session-1',
    backoff: { minMs: 50, maxMs: 500 },
    ...options,
  });
  t.teardown(() => publisher.close());
  publisher.start();
  return publisher;
}
