import { mqttPassword } from '../config/mqtt-password.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { ConnectionEnd } from '../mqtt/broker-connection.js';
import type { EmbeddedBroker } from '../mqtt/embedded-broker.js';
import { ForeignCameras } from '../mqtt/foreign-cameras.js';
import { MqttPublisher } from '../mqtt/mqtt-publisher.js';
import type { CameraStatusPayload, DeviceState, InfoPayload, StatsPayload } from '../mqtt/payloads.js';
import { isVersionRefused } from '../mqtt/protocol-choice.js';
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
  /** It turned out that the broker speaks another version of MQTT than was thought. */
  onProtocol: () => void;
}

/** Reads the password, anew at every call: a changed one is taken over. Each warning is told once. */
function passwordReader(mqtt: Config['mqtt'], logger: Logger): () => string | undefined {
  const told = new Set<string>();
  const onWarning = (text: string): void => {
    if (!told.has(text)) logger.warn(text);
    told.add(text);
  };
  return () => mqttPassword(mqtt, { onWarning });
}

/** The way out: the broker that is configured, or one inside this process where none is. */
export class MqttOutput {
  readonly #options: MqttOutputOptions;
  #broker: EmbeddedBroker | undefined;
  #stopBroker: (() => Promise<void>) | undefined;
  #publisher: MqttPublisher | undefined;
  /** As it was announced last. */
  #protocol: '5' | '3.1.1' | undefined;
  #lastReason = '';
  #foreignCameras: ForeignCameras | undefined;

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
    const { config, logger, session, topics, isCamera, onProblem, onGivenUp } = this.#options;
    const { url, username, ca_file, cert_file, key_file, keepalive_s, protocol } = config.mqtt;
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
    const password = passwordReader(config.mqtt, logger);
    password(); // where it cannot be read at first, that is an error of the configuration
    this.#publisher = new MqttPublisher({
      url: this.url,
      openStream: this.#broker && (() => (this.#broker as EmbeddedBroker).connect()),
      username,
      password,
      tls: Object.keys(tls).length > 0 ? tls : undefined,
      device: config.device_id,
      session,
      protocolVersion: url === undefined || protocol === '3.1.1' ? 4 : protocol,
      keepaliveSeconds: keepalive_s,
      onConnect: (version) => this.#connected(version),
      onDisconnect: (reason, retryInMs, end) => this.#disconnected(reason, retryInMs, end),
      onProblem: (text) => {
        logger.warn({ broker: this.url }, text);
        onProblem(text);
      },
      onGivenUp: (text) => {
        logger.warn({ broker: this.url, code: 'MQTT_MESSAGE_SKIPPED' }, text);
        onGivenUp(text);
      },
    });
    this.#protocol = this.protocol;
    const publisher = this.#publisher;
    this.#foreignCameras = new ForeignCameras({ isCamera, clear: (topic) => publisher.announce(topic, '') });
    publisher.subscribe(topics.cameraStatuses, (...message) => this.#foreignCameras?.saw(...message));
    this.#publisher.start();
  }

  #connected(version: 4 | 5): void {
    const { config, logger, onProtocol } = this.#options;
    const protocol = version === 5 ? '5' : '3.1.1';
    this.#lastReason = '';
    this.#foreignCameras?.connected();
    logger.info({ broker: this.url, protocol }, 'connected to the MQTT broker');
    if (protocol === this.#protocol) return;
    this.#protocol = protocol;
    onProtocol();
    if (config.mqtt.url === undefined || config.mqtt.protocol !== 'auto' || version === 5) return;
    logger.warn({ broker: this.url }, 'the broker does not speak MQTT 5: MQTT 3.1.1 is used');
  }

  /** The same again and again, as while a password is changed, is told once; later attempts are for whoever looks. */
  #disconnected(reason: string, retryInMs: number, end: ConnectionEnd): void {
    const code = isVersionRefused(end) ? 'MQTT_VERSION_REFUSED' : 'MQTT_UNREACHABLE';
    const { remedy } = new AgentError(code, reason);
    const retry_in_ms = Math.round(retryInMs);
    const level = reason === this.#lastReason ? 'debug' : 'warn';
    this.#lastReason = reason;
    this.#options.logger[level](
      { broker: this.url, code, remedy, retry_in_ms },
      `no MQTT connection: ${reason}`,
    );
  }

  /** Version of MQTT that is spoken, or will be tried next; undefined before start(). */
  get protocol(): '5' | '3.1.1' | undefined {
    const version = this.#publisher?.protocolVersion;
    return version === undefined ? undefined : version === 5 ? '5' : '3.1.1';
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
