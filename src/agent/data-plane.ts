import { isDeepStrictEqual } from 'node:util';
import { cameraSource } from '../config/camera-source.js';
import { configChange, needsNewWorker } from '../config/config-change.js';
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
  FromWorker,
  NumberedCounts,
  SessionInfo,
  SnapshotMessage,
  StartMessage,
} from '../worker/messages.js';
import { type CameraReading, CameraRoster } from './camera-roster.js';
import { type AgentCamera, cameraReading, pictureOf } from './cameras.js';
import { type ModelOpening, OpeningWatch } from './model-opening.js';
import { PendingAnswers } from './pending-answers.js';
import { preparing } from './preparing.js';
import { ProgressWatch } from './progress-watch.js';
import { sessionSpec } from './session-spec.js';
import { Supervisor, type SupervisorState } from './supervisor.js';

/** How long a running worker may take over an answer. */
const answerLimitMs = 10_000;
/** The next picture of a slow camera may be 10 s away; whoever asks for it waits for 15 s. */
const snapshotLimitMs = 14_000;

/** The worker's beats, one a second, from one look at the logins of cameras that are away to the next. */
const beatsPerLook = 5;

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
  readonly #options: DataPlaneOptions;
  readonly #roster = new CameraRoster((camera) => this.#readingOf(camera));
  #deployment: Deployment;
  readonly #supervisor: Supervisor;
  readonly #ceilings = new PendingAnswers<NativeCeiling>();
  readonly #snapshots = new PendingAnswers<SnapshotMessage>();
  readonly #progress = new ProgressWatch();
  readonly #opening: OpeningWatch;
  /** What was said of logins that cannot be had. */
  readonly #complaints = new Set<string>();
  #beats = 0;
  #workerRss: number | null = null;
  #session: SessionInfo | null = null;

  constructor(options: DataPlaneOptions) {
    const { logger, deployment } = options;
    this.#options = options;
    this.#deployment = deployment;
    this.#roster.set(options.cameras);
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

  get cameras(): readonly AgentCamera[] {
    return this.#roster.cameras;
  }

  get deployment(): Deployment {
    return this.#deployment;
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

  /** True where `next` differs in nothing that needs another worker. */
  mayBecome({ config, model }: Deployment): boolean {
    // One that waits may wait for what the next deployment mends.
    if (this.supervisorState !== 'running' && this.supervisorState !== 'opening') return false;
    const change = configChange(this.#deployment.config, config);
    return !needsNewWorker(change) && isDeepStrictEqual(model, this.#deployment.model);
  }

  /** Another deployment that this one may become, with its cameras: those that are read as before go on. Returns those
   *  that begin anew. */
  become(deployment: Deployment, cameras: readonly AgentCamera[]): AgentCamera[] {
    this.#deployment = deployment;
    const begun = this.#roster.set(cameras);
    this.#tellCameras();
    return begun;
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
    for (const { monitor } of this.cameras) monitor.workerLost();
    this.#rejectAll(new AgentError('WORKER_FAILED', 'the worker was stopped'));
  }

  /** Takes over what is done with the cameras' pictures. */
  configure(config: Config): void {
    let changed = false;
    for (const camera of this.cameras) {
      const next = config.cameras.find(({ id }) => id === camera.config.id);
      if (next === undefined) continue;
      changed ||= !isDeepStrictEqual(pictureOf(next), pictureOf(camera.config));
      camera.config = next;
    }
    if (changed) this.#tellCameras();
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
  async snapshot(camera: AgentCamera, skeleton: SkeletonMapping | null): Promise<SnapshotMessage> {
    this.#requireWorker();
    const { id, answer } = this.#snapshots.add(snapshotLimitMs);
    this.#supervisor.send({ type: 'snapshot', id, camera: this.#roster.numberOf(camera), skeleton });
    return answer;
  }

  #requireWorker(): void {
    const state = this.supervisorState;
    if (state === 'running') return;
    if (state === 'opening') throw new AgentError('DEPLOYMENT_BUSY', 'the model is not open yet');
    throw new AgentError('WORKER_FAILED', 'no worker is running now');
  }

  #startMessage(): StartMessage {
    const { config, model } = this.#deployment;
    // Passwords may have changed since the last worker.
    this.#roster.set(this.cameras);
    return {
      type: 'start',
      engine: chooseEngine(config.model.engine),
      session: sessionSpec(config, model),
      cameras: this.#roster.forWorker(),
      frames: this.#options.frames,
    };
  }

  #tellCameras(): void {
    this.#supervisor.setCameras(this.#roster.forWorker());
  }

  #readingOf(camera: AgentCamera): CameraReading {
    const { remote_cameras: remote, camera_hosts: hosts } = this.#deployment.config;
    return cameraReading(camera, { source: this.#sourceOf(camera), policy: { remote, hosts } });
  }

  /** With its credentials. Where they cannot be had the camera says so itself, and the others go on. */
  #sourceOf({ config }: AgentCamera): string {
    const { logger } = this.#options;
    const once = (text: string, tell: () => void): void => {
      if (!this.#complaints.has(text)) tell();
      this.#complaints.add(text);
    };
    const onWarning = (text: string): void => once(text, () => logger.warn(text));
    try {
      return cameraSource(config, this.#deployment.config.secrets, { onWarning });
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      const { code, message } = error;
      once(message, () => logger.error({ camera: config.id, code }, message));
      return config.source;
    }
  }

  #received(message: FromWorker): void {
    // The supervisor's guard has looked at it: the camera is one of these, and so on.
    switch (message.type) {
      case 'pose':
        this.#progress.frameDone(message.camera);
        this.#roster.find(message.camera)?.publisher.publish(message);
        break;
      case 'beat':
        this.#workerRss = message.rssBytes;
        for (const { camera, ...counts } of message.cameras) this.#roster.find(camera)?.monitor.beat(counts);
        this.#checkProgress(message.cameras);
        this.#checkLogins();
        break;
      case 'camera': {
        const camera = this.#roster.find(message.camera);
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

  #checkProgress(cameras: readonly NumberedCounts[]): void {
    // A measurement holds the frames back.
    if (this.#ceilings.size > 0) this.#progress.resultCame();
    if (this.#progress.isStuck(cameras)) this.#supervisor.replace('frames come in, but no result comes out');
  }

  /** A camera that is away may have got another password, which its secret's file has by now. */
  #checkLogins(): void {
    if (this.#beats++ % beatsPerLook !== 0 || this.cameras.every(({ status }) => status === 'online')) return;
    const begun = this.#roster.set(this.cameras);
    if (begun.length === 0) return;
    for (const { config } of begun) this.#options.logger.info({ camera: config.id }, 'its login was changed');
    this.#tellCameras();
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
