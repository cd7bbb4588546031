import { cameraSource } from '../config/camera-source.js';
import { ConfigInvalidError } from '../config/config-problem.js';
import type { Config } from '../config/schema.js';
import type { NativeCeiling } from '../engine/binding.js';
import { chooseEngine } from '../engine/choose-engine.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import type { StatsPayload } from '../mqtt/payloads.js';
import type { SkeletonMapping } from '../pose/map-skeleton.js';
import type { Logger } from '../telemetry/logger.js';
import type {
  CameraCounts,
  FromWorker,
  SessionInfo,
  SnapshotMessage,
  StartMessage,
} from '../worker/messages.js';
import { type AgentCamera, workerCamera } from './cameras.js';
import { type ModelOpening, OpeningWatch } from './model-opening.js';
import { PendingAnswers } from './pending-answers.js';
import { preparing } from './preparing.js';
import { ProgressWatch } from './progress-watch.js';
import { sessionSpec } from './session-spec.js';
import { Supervisor, type SupervisorState } from './supervisor.js';

/** How long a running worker may take over an answer. */
const answerLimitMs = 10_000;

/** A configuration with the model that it means. */
export interface Deployment {
  config: Config;
  model: ResolvedModel;
}

export type CameraChange = Extract<FromWorker, { type: 'camera' }>;

export interface DataPlaneOptions {
  deployment: Deployment;
  cameras: readonly AgentCamera[];
  logger: Logger;
  /** Frames a camera after which it ends. */
  frames?: number | undefined;
  /** The engine builds a plan; about once a second. */
  onOpening: (opening: ModelOpening) => void;
  onReady: (info: SessionInfo, openMs: number) => void;
  onCamera: (camera: AgentCamera, change: CameraChange) => void;
  onWorkerLost: (error: AgentError) => void;
  /** The worker was lost so often that the next one waits for minutes. */
  onCrashLoop: (error: AgentError) => void;
  /** Every camera has ended. */
  onFinished: () => void;
}

/** One deployment at work: a supervised worker, its cameras, and what is asked of it. */
export class DataPlane {
  readonly cameras: readonly AgentCamera[];
  readonly deployment: Deployment;
  readonly #options: DataPlaneOptions;
  readonly #supervisor: Supervisor;
  readonly #ceilings = new PendingAnswers<NativeCeiling>();
  readonly #snapshots = new PendingAnswers<SnapshotMessage>();
  readonly #progress = new ProgressWatch();
  readonly #opening: OpeningWatch;
  #workerRss: number | null = null;
  #session: SessionInfo | null = null;

  constructor(options: DataPlaneOptions) {
    const { logger, cameras, deployment } = options;
    this.#options = options;
    this.cameras = cameras;
    this.deployment = deployment;
    this.#opening = new OpeningWatch(deployment.model.id);
    this.#supervisor = new Supervisor({
      logger,
      startMessage: () => this.#startMessage(),
      keypoints: deployment.model.skeleton.keypoints.length,
      onMessage: (message) => this.#received(message),
      onWorkerLost: (error) => this.#workerLost(error),
      onCrashLoop: options.onCrashLoop,
      onFinished: options.onFinished,
    });
  }

  /** The worker's process id, while there is one. */
  get workerPid(): number | undefined {
    return this.#supervisor.workerPid;
  }

  get supervisorState(): SupervisorState {
    return this.#supervisor.state;
  }

  /** False where the worker should long have been replaced and was not. */
  get healthy(): boolean {
    return this.#supervisor.healthy;
  }

  /** The worker's resident memory in bytes; null while there is none. */
  get workerRss(): number | null {
    return this.#workerRss;
  }

  /** The engine that is open; null while none is. */
  get session(): SessionInfo | null {
    return this.#session;
  }

  /** The plan that is built now, as `stats` says it; null for none. */
  get preparing(): StatsPayload['preparing'] {
    return preparing(this.deployment.model.id, this.#opening.current);
  }

  start(): void {
    this.#supervisor.start();
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
    for (const { monitor } of this.cameras) monitor.workerLost();
    this.#rejectAll(new AgentError('WORKER_FAILED', 'the worker was stopped'));
  }

  /** Bare speed of the network in the worker, with the cameras held back meanwhile. Rejects where the worker is lost. */
  async measureCeiling(seconds: number): Promise<NativeCeiling> {
    this.#requireWorker();
    const { id, answer } = this.#ceilings.add(seconds * 1000 + answerLimitMs);
    this.#supervisor.send({ type: 'measure', id, seconds });
    return answer;
  }

  /** The next frame of a camera as JPEG; with its people where it is said what is drawn of them. Rejects where the worker
   *  is lost. */
  async snapshot(camera: number, skeleton: SkeletonMapping | null): Promise<SnapshotMessage> {
    this.#requireWorker();
    const { id, answer } = this.#snapshots.add(answerLimitMs);
    this.#supervisor.send({ type: 'snapshot', id, camera, skeleton });
    return answer;
  }

  #requireWorker(): void {
    const state = this.supervisorState;
    if (state === 'running') return;
    if (state === 'opening') throw new AgentError('DEPLOYMENT_BUSY', 'the model is not open yet');
    throw new AgentError('WORKER_FAILED', 'no worker is running now');
  }

  #startMessage(): StartMessage {
    const { config, model } = this.deployment;
    const policy = { remote: config.remote_cameras, hosts: config.camera_hosts };
    return {
      type: 'start',
      engine: chooseEngine(config.model.engine),
      session: sessionSpec(config, model),
      cameras: this.cameras.map((camera) => workerCamera(camera, { source: this.#sourceOf(camera), policy })),
      frames: this.#options.frames,
    };
  }

  /** With its credentials. Where they cannot be had the camera says so itself, and the others go on. */
  #sourceOf({ config }: AgentCamera): string {
    const { logger } = this.#options;
    try {
      return cameraSource(config, this.deployment.config.secrets, { onWarning: (text) => logger.warn(text) });
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      logger.error({ camera: config.id, code: error.code }, error.message);
      return config.source;
    }
  }

  #received(message: FromWorker): void {
    // The supervisor's guard has looked at it: the camera is one of these, and so on.
    switch (message.type) {
      case 'pose':
        this.#progress.frameDone();
        this.cameras[message.camera]?.publisher.publish(message);
        break;
      case 'beat':
        this.#workerRss = message.rssBytes;
        message.cameras.forEach((counts, index) => {
          this.cameras[index]?.monitor.beat(counts);
        });
        this.#checkProgress(message.cameras);
        break;
      case 'camera': {
        const camera = this.cameras[message.camera];
        if (camera && message.state !== 'connecting') this.#options.onCamera(camera, message);
        break;
      }
      case 'opening':
        this.#options.onOpening(this.#opening.add(message));
        break;
      case 'ready':
        this.#opening.over();
        this.#session = message.info;
        this.#progress.workerStarted();
        this.#options.onReady(message.info, message.openMs);
        break;
      case 'ceiling':
        this.#ceilings.resolve(message.id, message.ceiling);
        break;
      case 'snapshot':
        this.#snapshots.resolve(message.id, message);
        break;
      case 'finished':
      case 'failed':
        break; // its exit follows, and says the same
    }
  }

  #checkProgress(cameras: readonly CameraCounts[]): void {
    // A measurement holds the frames back.
    if (this.#ceilings.size > 0) this.#progress.frameDone();
    if (this.#progress.isStuck(cameras)) this.#supervisor.replace('frames come in, but no result comes out');
  }

  #workerLost(error: AgentError): void {
    this.#workerRss = null;
    this.#session = null;
    this.#opening.over();
    for (const { monitor } of this.cameras) monitor.workerLost();
    this.#rejectAll(error);
    this.#options.onWorkerLost(error);
  }

  #rejectAll(error: AgentError): void {
    this.#ceilings.rejectAll(error);
    this.#snapshots.rejectAll(error);
  }
}
