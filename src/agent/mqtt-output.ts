import { mqttPassword } from '../config/mqtt-password.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { EmbeddedBroker } from '../mqtt/embedded-broker.js';
import { MqttPublisher } from '../mqtt/mqtt-publisher.js';
import type { CameraStatusPayload, DeviceState, InfoPayload, StatsPayload } from '../mqtt/payloads.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { Logger } from '../telemetry/logger.js';
import { openEmbeddedBroker } from './open-embedded-broker.js';

export interface MqttOutputOptions {
  config: Config;
  logger: Logger;
  session: string;
  topics: DeviceTopics;
  /** True for the id of a camera that is configured. */
  isCamera: (id: string) => boolean;
  /** The broker refused something, and the connection goes on. Redacted. */
  onProblem: (message: string) => void;
  /** A message to the agent was skipped, and the connection goes on; once a topic. */
  onGivenUp: (message: string) => void;
  /** As OpenEmbeddedBrokerOptions. */
  reachable: boolean;
  unattended: boolean;
  onOtherPort: (message: string, port: number) => void;
}

/** The way out: the broker that is configured, or one inside this process where none is. */
export class MqttOutput {
  readonly #options: MqttOutputOptions;
  #broker: EmbeddedBroker | undefined;
  #stopBroker: (() => Promise<void>) | undefined;
  #publisher: MqttPublisher | undefined;

  constructor(options: MqttOutputOptions) {
    this.#options = options;
  }

  /** Without credentials; '' before start(). */
  get url(): string {
    return this.#options.config.mqtt.url ?? this.#broker?.url ?? '';
  }

  /** Undefined before start(). */
  get publisher(): MqttPublisher | undefined {
    return this.#publisher;
  }

  /** Does not wait for a broker that is elsewhere. Throws AgentError MQTT_PORT_IN_USE, MQTT_URL_INVALID. */
  async start(): Promise<void> {
    const { config, logger, session, onProblem, onGivenUp } = this.#options;
    const { url, username, ca_file, cert_file, key_file, keepalive_s } = config.mqtt;
    if (url === undefined) {
      const { broker, stop } = await openEmbeddedBroker(this.#options);
      this.#broker = broker;
      this.#stopBroker = stop;
    }
    const tls = {
      ...(ca_file === undefined ? {} : { ca: ca_file }),
      ...(cert_file === undefined ? {} : { cert: cert_file }),
      ...(key_file === undefined ? {} : { key: key_file }),
    };
    this.#publisher = new MqttPublisher({
      url: this.url,
      openStream: this.#broker && (() => (this.#broker as EmbeddedBroker).connect()),
      username,
      password: mqttPassword(config.mqtt, { onWarning: (text) => logger.warn(text) }),
      tls: Object.keys(tls).length > 0 ? tls : undefined,
      device: config.device_id,
      session,
      protocolVersion: url === undefined ? 4 : 5,
      keepaliveSeconds: keepalive_s,
      onConnect: () => logger.info({ broker: this.url }, 'connected to the MQTT broker'),
      onDisconnect: (reason, retryInMs) => {
        const { code, remedy } = new AgentError('MQTT_UNREACHABLE', reason);
        const retry_in_ms = Math.round(retryInMs);
        logger.warn({ broker: this.url, code, remedy, retry_in_ms }, `no MQTT connection: ${reason}`);
      },
      onProblem: (text) => {
        logger.warn({ broker: this.url }, text);
        onProblem(text);
      },
      onGivenUp: (text) => {
        logger.warn({ broker: this.url, code: 'MQTT_MESSAGE_SKIPPED' }, text);
        onGivenUp(text);
      },
    });
    this.#forgetForeignCameras(this.#publisher);
    this.#publisher.start();
  }

  /** A broker goes on telling of a camera that was taken out of the configuration while the agent was not there. */
  #forgetForeignCameras(publisher: MqttPublisher): void {
    const { topics, isCamera } = this.#options;
    publisher.subscribe(topics.cameraStatuses, (topic, payload, { retain }) => {
      const id = topic.split('/').at(-2) as string;
      if (retain && payload.length > 0 && !isCamera(id)) publisher.announce(topic, '');
    });
  }

  setState(state: DeviceState): void {
    this.#publisher?.setState(state);
  }

  announceInfo(info: InfoPayload): void {
    this.#publisher?.announce(this.#options.topics.info, JSON.stringify(info));
  }

  announceCamera(id: string, status: CameraStatusPayload): void {
    this.#publisher?.announce(this.#options.topics.cameraStatus(id), JSON.stringify(status));
  }

  /** Takes back what was announced of a camera that is configured no more. */
  forgetCamera(id: string): void {
    this.#publisher?.announce(this.#options.topics.cameraStatus(id), '');
  }

  /** False where it was dropped. */
  publishPose(topic: string, payload: string): boolean {
    return this.#publisher?.publishPose(topic, payload) ?? false;
  }

  publishStats(stats: StatsPayload): void {
    this.#publisher?.publishStats(JSON.stringify(stats));
  }

  counters(): StatsPayload['mqtt'] {
    const none = { published: 0, dropped: 0, drops: {}, queued: 0, reconnects: 0 };
    if (!this.#publisher) return none;
    const { published, dropped, drops, queued, reconnects } = this.#publisher.counters();
    return { published, dropped, drops, queued, reconnects };
  }

  /** Says `stopped`, retained, and disconnects; at most about 2 s. */
  async close(): Promise<void> {
    await this.#publisher?.close();
    await this.#stopBroker?.();
  }
}
