import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { removeBrokerFiles, writeBrokerFiles, writtenBrokerUrl } from '../mqtt/broker-files.js';
import { EmbeddedBroker } from '../mqtt/embedded-broker.js';
import { drawPassword } from '../mqtt/owner-password.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { Logger } from '../telemetry/logger.js';

export interface OpenEmbeddedBrokerOptions {
  config: Config;
  topics: DeviceTopics;
  logger: Logger;
  /** Whether anybody is to write to it, and to be told where it is: not where the agent is only measured. */
  reachable: boolean;
  /** Nobody is there to choose another port. */
  unattended: boolean;
  /** Its port is taken, and it listens elsewhere. */
  onOtherPort: (message: string, port: number) => void;
}

export interface OpenEmbeddedBroker {
  broker: EmbeddedBroker;
  stop: () => Promise<void>;
}

/**
 * Starts the broker inside the agent, and writes down where it is and how its owner logs in. Where its port is taken,
 * an unattended agent takes another, that of the last time before any. Throws AgentError MQTT_PORT_IN_USE.
 */
export async function openEmbeddedBroker(options: OpenEmbeddedBrokerOptions): Promise<OpenEmbeddedBroker> {
  const { config, topics, logger, reachable, unattended, onOtherPort } = options;
  const { embedded_port: wanted } = config.mqtt;
  const onNotice = (text: string): void => logger.warn(text);
  const lastUrl = reachable ? writtenBrokerUrl(config.state_dir) : undefined;
  const password = reachable ? drawPassword() : undefined;
  const others = unattended ? [Number(new URL(lastUrl ?? 'mqtt://127.0.0.1:0').port), 0] : [];
  const broker = await startOn([wanted, ...others], (port) => {
    return new EmbeddedBroker({ port, topics, ownerPassword: password, onNotice });
  });
  const port = Number(new URL(broker.url).port);
  if (wanted !== 0 && port !== wanted) {
    onOtherPort(`port ${wanted} is taken: the broker inside the agent listens on ${port}`, port);
  }
  if (password === undefined) return { broker, stop: () => broker.stop() };
  try {
    await writeBrokerFiles(config.state_dir, { url: broker.url, password });
  } catch (error) {
    const reason = (error as Error).message;
    onNotice(`where the broker inside the agent is, and its password, cannot be written down: ${reason}`);
  }
  return {
    broker,
    stop: async () => {
      removeBrokerFiles(config.state_dir);
      await broker.stop();
    },
  };
}

/** The first that starts. Throws what the first throws. */
async function startOn(
  ports: readonly number[],
  brokerOn: (port: number) => EmbeddedBroker,
): Promise<EmbeddedBroker> {
  let failure: unknown;
  for (const port of ports) {
    const broker = brokerOn(port);
    try {
      await broker.start();
      return broker;
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
