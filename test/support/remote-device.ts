import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IPublishPacket } from 'mqtt';
import { pino } from 'pino';
import type { Test } from 'tap';
import { LogLevelOverride } from '../../src/agent/log-level-override.js';
import { MqttOutput } from '../../src/agent/mqtt-output.js';
import { RemoteControl } from '../../src/agent/remote-control.js';
import { Stage } from '../../src/agent/stage.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { ConfigStore } from '../../src/config/config-store.js';
import { AgentError } from '../../src/errors.js';
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import type { MessageHandler } from '../../src/mqtt/subscriptions.js';
import { deviceTopics, topicMatches } from '../../src/mqtt/topics.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { connack, FakeBroker } from './fake-broker.js';
import { waitFor } from './wait-for.js';

const device = 'test-box';
/** As many requests are taken in a second. */
const requestsOfOne = 10;

/**
 * All of an agent that takes messages, in this process and without a worker: what it subscribes to is given to it
 * directly, as a broker would deliver it.
 */
export class RemoteDevice {
  static readonly topics = deviceTopics(device);
  /** Everything that was subscribed to. */
  readonly filters = new Map<string, MessageHandler>();
  readonly #renew: () => Promise<void>;
  #requests = 0;
  /** Answers and reports so far. */
  #said = 0;

  private constructor(renew: (device: RemoteDevice) => Promise<void>) {
    this.#renew = () => renew(this);
  }

  /** `local` is its configuration file, as YAML. */
  static async start(t: Test, local: string): Promise<RemoteDevice> {
    const broker = new FakeBroker((_, socket) => socket.write(connack(0)));
    await broker.start();
    const stateDir = t.testdir({ state: {} });
    const configFile = join(stateDir, 'config.yaml');
    const lines = [`device_id: ${device}`, `state_dir: ${stateDir}/state`, `mqtt: {url: "${broker.url}"}`];
    writeFileSync(configFile, `${[...lines, local].join('\n')}\n`, { mode: 0o600 });
    const readSources = (): ConfigSources => ConfigSources.read({ configFile, environment: { HOME: '/h' } });
    const sources = readSources();
    const { config } = sources.effective();
    const store = await ConfigStore.open(config.state_dir);
    // Every line is made and redacted, and then thrown away.
    const logger = createLogger({ level: 'trace', destination: { write: () => {} } });
    const session = 'session-1';
    const { topics } = RemoteDevice;
    const isCamera = (id: string): boolean => config.cameras.some((camera) => camera.id === id);
    const ignore = (): void => {};
    const mqtt = new MqttOutput({
      ...{ config, logger, session, topics, isCamera, reachable: true, unattended: false },
      ...{ onProblem: ignore, onGivenUp: ignore, onOtherPort: ignore, onProtocol: ignore },
    });
    const stage = new Stage({
      ...{ config, logger, session, topics, mqtt, version: '0' },
      ...{
        onOpening: ignore,
        onFinished: ignore,
        onFailed: ignore,
        onWorkerLost: ignore,
        onCrashLoop: ignore,
      },
    });
    let control: RemoteControl | undefined;
    const result = new RemoteDevice(async () => {
      control?.stop();
      control = new RemoteControl({
        ...{ sources, readSources, store, stage, topics, session, logger, applyLive: ignore, end: ignore },
        publisher: mqtt.publisher as MqttPublisher,
        resolveModel: () => Promise.reject(new AgentError('MODEL_NOT_INSTALLED', 'there is no model here')),
        info: () => stage.info(),
        logLevel: new LogLevelOverride(pino({ level: 'silent' })),
      });
      await control.start();
    });
    result.#listen(t);
    await mqtt.start();
    t.teardown(async () => {
      control?.stop();
      await mqtt.close();
      await broker.stop();
    });
    await waitFor('connected', () => mqtt.publisher?.connected === true);
    await result.#renew();
    return result;
  }

  /** Records what every publisher of this process is told to do. */
  #listen(t: Test): void {
    const { subscribe, respond, announceEach } = MqttPublisher.prototype;
    const { filters } = this;
    const said = (): void => {
      this.#said += 1;
    };
    MqttPublisher.prototype.subscribe = function (filter, handler, options) {
      filters.set(filter, handler);
      subscribe.call(this, filter, handler, options);
    };
    MqttPublisher.prototype.respond = function (...answer) {
      said();
      respond.call(this, ...answer);
    };
    MqttPublisher.prototype.announceEach = function (...report) {
      said();
      announceEach.call(this, ...report);
    };
    t.teardown(() => Object.assign(MqttPublisher.prototype, { subscribe, respond, announceEach }));
  }

  /** Before a message on that topic: has a fresh receiver of requests where the present one would take no more now. */
  async ready(topic: string): Promise<void> {
    if (!topicMatches(RemoteDevice.topics.commands, topic)) return;
    if (++this.#requests % requestsOfOne === 0) await this.#renew();
  }

  /** Hands it a message; resolves when it is handled: answered, where it is one that is answered. */
  async handle(topic: string, payload: Buffer, packet: Partial<IPublishPacket> = {}): Promise<void> {
    const before = this.#said;
    for (const [filter, handler] of this.filters) {
      if (!topicMatches(filter, topic)) continue;
      handler(topic, payload, {
        cmd: 'publish',
        topic,
        payload,
        qos: 1,
        dup: false,
        retain: false,
        ...packet,
      });
    }
    // Both answer what they take, sooner or later; what they refuse without a word is refused at once.
    for (let turn = 0; turn < 200 && this.#said === before; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
