import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.js';
import type { NativeCeiling } from '../engine/binding.js';
import { AgentError, type ErrorCode } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import type { CameraStatusPayload, DeviceState, StatsPayload } from '../mqtt/payloads.js';
import { deviceTopics } from '../mqtt/topics.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import type { FromWorker, SessionInfo, StartMessage } from '../worker/messages.js';
import { type AgentCamera, createCameras, workerCamera } from './cameras.js';
import { deviceInfo } from './device-info.js';
import { MqttOutput } from './mqtt-output.js';
import type { PublishedPose } from './pose-publisher.js';
import { sessionSpec } from './session-spec.js';
import { StatsReporter } from './stats-reporter.js';
import { Supervisor } from './supervisor.js';

/** What a new worker would run into again. */
const permanent: ReadonlySet<ErrorCode> = new Set([
  'ENGINE_NOT_BUILT',
  'ENGINE_DEVICE_ABSENT',
  'ENGINE_OPTION_INVALID',
  'MODEL_UNREADABLE',
  'MODEL_SHAPE_MISMATCH',
]);

interface Measurement {
  resolve: (ceiling: NativeCeiling) => void;
  reject: (error: AgentError) => void;
}

export interface AgentObserver {
  onReady?: (info: SessionInfo) => void;
  onPose?: (pose: PublishedPose) => void;
}

export interface AgentOptions {
  config: Config;
  model: ResolvedModel;
  logger: Logger;
  /** The agent's own, for the info message. */
  version: string;
  /** Frames a camera after which it ends. */
  frames?: number | undefined;
  observer?: AgentObserver | undefined;
}

/** The control plane: wires MQTT, the supervisor of the worker, and what is told of them. */
export class Agent {
  /** Resolves when every camera has ended, or rejects with what a restart cannot heal. */
  readonly finished: Promise<void>;
  readonly #options: AgentOptions;
  readonly #session = randomUUID();
  readonly #topics;
  readonly #mqtt: MqttOutput;
  readonly #cameras: AgentCamera[];
  readonly #supervisor: Supervisor;
  readonly #stats: StatsReporter;
  /** Measurements asked of the present worker, by the numbers they were asked under. */
  readonly #measurements = new Map<number, Measurement>();
  #nextMeasurement = 0;
  #settle!: { resolve: () => void; reject: (error: AgentError) => void };
  #workerRss: number | null = null;
  #everReady = false;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    const { config, model, logger, observer } = options;
    this.#options = options;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.finished.catch(() => {}); // whoever waits for it is told; before that it is no unhandled rejection
    this.#topics = deviceTopics(config.device_id);
    this.#mqtt = new MqttOutput({ config, logger, session: this.#session, topics: this.#topics });
    this.#cameras = createCameras({
      config,
      topics: this.#topics,
      session: this.#session,
      model: model.id,
      skeleton: model.skeleton,
      publishPose: (topic, payload) => this.#mqtt.publishPose(topic, payload),
      onPose: observer?.onPose,
    });
    this.#supervisor = new Supervisor({
      logger,
      startMessage: () => this.#startMessage(),
      onMessage: (message) => this.#received(message),
      onWorkerLost: (error) => this.#workerLost(error),
      onFinished: () => this.#allEnded(),
    });
    this.#stats = new StatsReporter({
      session: this.#session,
      intervalSeconds: config.stats.interval_s,
      cameras: new Map(this.#cameras.map(({ config: { id }, telemetry }) => [id, telemetry])),
      workerRss: () => this.#workerRss,
      mqtt: () => this.#mqtt.counters(),
      publish: (stats) => this.#mqtt.publishStats(stats),
    });
  }

  /** Where the poses go: the broker's URL without credentials. */
  get brokerUrl(): string {
    return this.#mqtt.url;
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

  async #start(): Promise<void> {
    // The worker first: it has the longest way to the first pose.
    this.#supervisor.start();
    try {
      await this.#mqtt.start();
    } catch (error) {
      await this.#supervisor.stop();
      throw error;
    }
    this.#setState('init');
    this.#mqtt.announceInfo(deviceInfo({ ...this.#options, session: this.#session, engine: null }));
    for (const camera of this.#options.config.cameras) {
      if (!camera.enabled) this.#announceCamera(camera.id, 'disabled', null);
    }
    this.#stats.start();
  }

  /** Bare speed of the network in the worker, with the cameras held back meanwhile. Rejects where the worker is lost. */
  measureCeiling(seconds: number): Promise<NativeCeiling> {
    const id = this.#nextMeasurement++;
    return new Promise((resolve, reject) => {
      this.#measurements.set(id, { resolve, reject });
      this.#supervisor.send({ type: 'measure', id, seconds });
    });
  }

  /** The figures of now, as the next `stats` message would tell them; starts a new window for both. */
  stats(): Promise<StatsPayload> {
    return this.#stats.collect();
  }

  /** The worker's process id, while there is one. */
  get workerPid(): number | undefined {
    return this.#supervisor.workerPid;
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    this.#stats.stop();
    await this.#supervisor.stop();
    for (const camera of this.#cameras) this.#setCamera(camera, 'offline', 'the agent is stopped');
    await this.#mqtt.close();
    this.#settle.resolve();
  }

  #startMessage(): StartMessage {
    const { config, model, frames } = this.#options;
    return {
      type: 'start',
      engine: config.model.engine,
      session: sessionSpec(config, model),
      cameras: this.#cameras.map(workerCamera),
      frames,
    };
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case 'pose':
        this.#cameras[message.camera]?.publisher.publish(message);
        break;
      case 'beat':
        this.#workerRss = message.rssBytes;
        message.cameras.forEach((counts, index) => {
          this.#cameras[index]?.monitor.beat(counts);
        });
        break;
      case 'camera':
        this.#cameraChanged(message);
        break;
      case 'ready':
        this.#ready(message.info, message.openMs);
        break;
      case 'ceiling':
        this.#measurements.get(message.id)?.resolve(message.ceiling);
        this.#measurements.delete(message.id);
        break;
      case 'failed':
        break; // its exit follows, and says the same
    }
  }

  #ready(info: SessionInfo, openMs: number): void {
    const { logger, model, observer } = this.#options;
    this.#everReady = true;
    for (const { monitor } of this.#cameras) monitor.workerStarted();
    const { engine, deviceName, precision } = info;
    logger.info(
      { model: model.id, engine, device: deviceName, precision, open_ms: Math.round(openMs) },
      'model open',
    );
    this.#mqtt.announceInfo(deviceInfo({ ...this.#options, session: this.#session, engine: info }));
    this.#updateState();
    observer?.onReady?.(info);
  }

  #cameraChanged(message: Extract<FromWorker, { type: 'camera' }>): void {
    const camera = this.#cameras[message.camera];
    if (!camera || message.state === 'connecting') return;
    const { logger } = this.#options;
    const reason = message.reason === null ? null : redactUrls(message.reason);
    if (message.state === 'ended' || message.state === 'failed') camera.ended = true;
    if (message.state === 'failed') {
      const error = new AgentError(message.code ?? 'CAMERA_READ_FAILED', reason ?? 'the camera failed');
      logger.error({ camera: camera.config.id, code: error.code, remedy: error.remedy }, error.message);
      if (this.#cameras.every(({ ended }) => ended)) this.#settle.reject(error);
    } else if (message.state === 'offline') {
      logger.warn({ camera: camera.config.id, code: message.code }, reason ?? 'offline');
    } else {
      logger.info({ camera: camera.config.id }, message.state);
    }
    this.#setCamera(camera, message.state === 'online' ? 'online' : 'offline', reason);
    this.#updateState();
  }

  #workerLost(error: AgentError): void {
    const { logger } = this.#options;
    logger.error({ code: error.code, remedy: error.remedy }, error.message);
    this.#workerRss = null;
    for (const { reject } of this.#measurements.values()) reject(error);
    this.#measurements.clear();
    if (!this.#everReady && permanent.has(error.code)) {
      this.#settle.reject(error);
      void this.stop();
      return;
    }
    for (const camera of this.#cameras) this.#setCamera(camera, 'offline', 'the worker process is restarted');
    this.#setState('degraded');
  }

  #allEnded(): void {
    this.#options.logger.info('every camera has ended');
    this.#settle.resolve();
  }

  #setCamera(camera: AgentCamera, status: CameraStatusPayload['status'], reason: string | null): void {
    camera.status = status;
    this.#announceCamera(camera.config.id, status, reason);
  }

  #announceCamera(id: string, status: CameraStatusPayload['status'], reason: string | null): void {
    this.#mqtt.announceCamera(id, { status, reason, session: this.#session, ts: Date.now() });
  }

  #updateState(): void {
    this.#setState(this.#cameras.every(({ status }) => status === 'online') ? 'online' : 'degraded');
  }

  #setState(state: DeviceState): void {
    if (!this.#stopping) this.#mqtt.setState(state);
  }
}
