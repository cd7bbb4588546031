import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.js';
import type { NativeCeiling } from '../engine/binding.js';
import { trimHeap } from '../engine/trim-heap.js';
import { AgentError, type ErrorCode } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import type { EventPayload, StatsPayload } from '../mqtt/payloads.js';
import { type DeviceTopics, deviceTopics } from '../mqtt/topics.js';
import { collectRegularly } from '../telemetry/collect-regularly.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import { deployableModel } from './deployable-model.js';
import { LogLevelOverride } from './log-level-override.js';
import { MqttOutput } from './mqtt-output.js';
import type { AgentEvent } from './remote-config.js';
import { type ConfigOrigin, RemoteControl } from './remote-control.js';
import { Stage } from './stage.js';
import type { StageObserver } from './stage-options.js';
import { StatsReporter } from './stats-reporter.js';
import { tellOpening } from './tell-opening.js';

export interface AgentOptions {
  config: Config;
  /** Or why there is none: then the agent waits for one, on MQTT. */
  model: ResolvedModel | AgentError;
  logger: Logger;
  /** The agent's own, for the info message. */
  version: string;
  /** Frames a camera after which it ends. */
  frames?: number | undefined;
  /** Nobody is there to read an error: the agent stays up, reachable over MQTT, whatever happens to its worker. */
  unattended?: boolean | undefined;
  /** Left out where nothing may be changed from afar: a measurement, for one. */
  origin?: ConfigOrigin | undefined;
  /** What happened before this agent was there. */
  events?: readonly AgentEvent[] | undefined;
  observer?: StageObserver | undefined;
}

const collectIntervalMs = 60_000;
const maxRefusals = 32;
/** Of what happened before anybody could be told; of more the oldest are forgotten. */
const maxEarly = 20;
/** What the loss of a worker is called as an event, where it was no crash. */
const lossEvents: Partial<Record<ErrorCode, EventPayload['type']>> = {
  WORKER_HUNG: 'hang',
  WORKER_OUT_OF_MEMORY: 'oom',
  ENGINE_OUT_OF_MEMORY: 'oom',
};

/** The control plane: wires MQTT, the stage on which a deployment is at work, and its figures. */
export class Agent {
  /** Resolves when every camera has ended, or rejects with what a restart cannot heal. */
  readonly finished: Promise<void>;
  readonly #options: AgentOptions;
  readonly #mqtt: MqttOutput;
  readonly #stage: Stage;
  readonly #stats: StatsReporter;
  readonly #logLevel: LogLevelOverride;
  readonly #session = randomUUID();
  readonly #topics: DeviceTopics;
  readonly #refusals = new Set<string>();
  /** What happened while nothing could be announced yet. */
  readonly #early: { event: AgentEvent; ts: number }[] = [];
  #control: RemoteControl | undefined;
  #settle!: { resolve: () => void; reject: (error: AgentError) => void };
  #endCollection: (() => void) | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    const { config, logger, version, frames, observer } = options;
    this.#options = options;
    this.#logLevel = new LogLevelOverride(logger);
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.finished.catch(() => {}); // whoever waits for it is told; before that it is no unhandled rejection
    const session = this.#session;
    const topics = deviceTopics(config.device_id);
    this.#topics = topics;
    this.#mqtt = new MqttOutput({
      config,
      logger,
      session,
      topics,
      isCamera: (id) => this.#stage.config.cameras.some((camera) => camera.id === id),
      onProblem: (message) => this.#refused(message),
      onGivenUp: (message) => this.#announce({ type: 'mqtt', code: 'MQTT_MESSAGE_SKIPPED', message }),
      reachable: options.origin !== undefined,
      unattended: options.unattended ?? false,
      onProtocol: () => this.#stage.announceInfo(),
      onOtherPort: (message, port) => {
        const code = 'MQTT_PORT_IN_USE';
        logger.warn({ code, port }, message);
        this.#announce({ type: 'mqtt', code, message, detail: { port } });
      },
    });
    this.#stage = new Stage({
      config,
      logger,
      version,
      session,
      topics,
      mqtt: this.#mqtt,
      frames,
      observer,
      onOpening: (opening) => {
        tellOpening(opening, { logger, announce: (event) => this.#announce(event) });
        observer?.onOpening?.(opening);
      },
      onFinished: () => this.#allEnded(),
      onFailed: (error) => this.#failed(error),
      onWorkerLost: ({ code, message }) =>
        this.#announce({ type: lossEvents[code] ?? 'crash', code, message: redactUrls(message) }),
      onCrashLoop: (error) => this.#crashLoop(error),
    });
    this.#stats = new StatsReporter({
      session,
      intervalSeconds: config.stats.interval_s,
      cameras: () => new Map(this.#stage.cameras.map(({ config: { id }, telemetry }) => [id, telemetry])),
      workerRss: () => this.#stage.workerRss,
      workerPid: () => this.workerPid,
      preparing: () => this.#stage.preparing,
      mqtt: () => this.#mqtt.counters(),
      commands: () => this.#control && { ...this.#control.counters() },
      publish: (stats) => this.#mqtt.publishStats(stats),
    });
  }

  /** Where the poses go: the broker's URL without credentials. */
  get brokerUrl(): string {
    return this.#mqtt.url;
  }

  /** The worker's process id, while there is one. */
  get workerPid(): number | undefined {
    return this.#stage.workerPid;
  }

  /** False where something hangs that the agent cannot end: time for a new agent. */
  get healthy(): boolean {
    return this.#stage.healthy;
  }

  /** Starts everything; does not wait for broker, model or cameras. Throws AgentError MQTT_PORT_IN_USE,
   *  MQTT_URL_INVALID, MODEL_UNREADABLE. */
  start(): Promise<void> {
    // A stop may come before everything.
    this.#starting ??= this.#stopping ?? this.#start();
    return this.#starting;
  }

  /** Ends the worker, says `stopped` on MQTT, and disconnects; at most about 4 s. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Bare speed of the network in the worker, with the cameras held back meanwhile. Rejects where the worker is lost. */
  measureCeiling(seconds: number): Promise<NativeCeiling> {
    return this.#stage.measureCeiling(seconds);
  }

  /** The figures of now, as the next `stats` message would tell them; starts a new window for both. */
  stats(): Promise<StatsPayload> {
    return this.#stats.collect();
  }

  async #start(): Promise<void> {
    this.#endCollection = collectRegularly(collectIntervalMs, trimHeap);
    const { config, model, logger } = this.#options;
    // The worker first: it has the longest way to the first pose.
    if (!(model instanceof AgentError)) this.#stage.begin({ config, model });
    try {
      await this.#mqtt.start();
    } catch (error) {
      await this.#stage.stop();
      throw error;
    }
    this.#stage.announce();
    if (model instanceof AgentError) {
      logger.error({ code: model.code, remedy: model.remedy }, model.message);
      this.#stage.setState('degraded');
    }
    this.#stats.start();
    await this.#startControl();
  }

  async #startControl(): Promise<void> {
    const { origin, logger, model } = this.#options;
    const { publisher } = this.#mqtt;
    if (!origin || !publisher) return;
    this.#control = new RemoteControl({
      ...origin,
      stage: this.#stage,
      topics: this.#topics,
      session: this.#session,
      logger,
      publisher,
      resolveModel: deployableModel,
      applyLive: (config) => this.#applyLive(config),
      info: () => this.#stage.info(),
      logLevel: this.#logLevel,
      end: this.#options.unattended ? () => void this.stop() : undefined,
    });
    for (const event of this.#options.events ?? []) this.#control.announce(event);
    for (const { event, ts } of this.#early.splice(0)) this.#control.announce(event, ts);
    await this.#control.start();
    if (model instanceof AgentError && model.code === 'SKELETON_MISMATCH') {
      this.#control.announce({ type: 'rejected', code: model.code, message: model.message });
    }
  }

  #applyLive(config: Config): void {
    this.#logLevel.configure(config.log.level);
    this.#stats.restart(config.stats.interval_s);
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    this.#stats.stop();
    this.#control?.stop();
    this.#endCollection?.();
    await this.#stage.stop();
    await this.#mqtt.close();
    this.#settle.resolve();
  }

  #allEnded(): void {
    this.#options.logger.info('every camera has ended');
    if (!this.#options.unattended) this.#settle.resolve();
  }

  #failed(error: AgentError): void {
    if (this.#options.unattended) return;
    this.#settle.reject(error);
    void this.stop();
  }

  /** Once each: the event itself may be what the broker refuses. */
  #refused(message: string): void {
    if (this.#refusals.has(message) || this.#refusals.size >= maxRefusals) return;
    this.#refusals.add(message);
    this.#announce({ type: 'mqtt', code: 'MQTT_REFUSED', message });
  }

  #crashLoop({ code }: AgentError): void {
    const message = 'the worker fails again and again: the next try is in 5 minutes';
    this.#options.logger.fatal({ code }, message);
    this.#announce({ type: 'safe_mode', code, message });
  }

  /** The worker is started before there is anybody to hear of it. */
  #announce(event: AgentEvent): void {
    if (this.#control) {
      this.#control.announce(event);
    } else if (this.#options.origin) {
      this.#early.push({ event, ts: Date.now() });
      if (this.#early.length > maxEarly) this.#early.shift();
    }
  }
}
