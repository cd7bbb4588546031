import type { CameraConfig, Config } from '../config/schema.js';
import type { NativeCeiling } from '../engine/binding.js';
import { AgentError } from '../errors.js';
import type { CameraStatusPayload, DeviceState, InfoPayload, StatsPayload } from '../mqtt/payloads.js';
import type { SkeletonMapping } from '../pose/map-skeleton.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import type { SessionInfo, SnapshotMessage } from '../worker/messages.js';
import { awayCameras } from './away-cameras.js';
import { type AgentCamera, type CamerasOptions, createCameras, notStarted } from './cameras.js';
import { type CameraChange, DataPlane, type Deployment } from './data-plane.js';
import { deviceInfo } from './device-info.js';
import { publishedSkeleton } from './published-skeleton.js';
import type { StageOptions } from './stage-options.js';
import { permanentFailures, Trial } from './trial.js';

/** Why a camera is offline, where its worker has nothing more to say. */
const reasons = {
  connecting: notStarted.reason,
  offline: 'the camera does not deliver',
  ended: 'the recording has ended',
  failed: 'the camera failed',
};

/** Where one deployment at a time is at work, and what the world is told of it. */
export class Stage {
  readonly #options: StageOptions;
  #config: Config;
  #plane: DataPlane | undefined;
  #trial: Trial | undefined;
  /** How the deployment's keypoints are published. */
  #skeleton: SkeletonMapping | undefined;
  /** Every camera of this session, so that numbers go on when one comes back. */
  readonly #seen = new Map<string, AgentCamera>();
  #everReady = false;
  #stopped = false;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  get deployment(): Deployment | undefined {
    return this.#plane?.deployment;
  }

  /** The configuration in effect. */
  get config(): Config {
    return this.#config;
  }

  get cameras(): readonly AgentCamera[] {
    return this.#plane?.cameras ?? [];
  }

  get workerPid(): number | undefined {
    return this.#plane?.workerPid;
  }

  /** The worker's resident memory in bytes; null while there is none. */
  get workerRss(): number | null {
    return this.#plane?.workerRss ?? null;
  }

  /** The plan that is built now; null for none. */
  get preparing(): StatsPayload['preparing'] {
    return this.#plane?.preparing ?? null;
  }

  /** True while a deployment has to prove itself. */
  get onTrial(): boolean {
    return this.#trial !== undefined;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** False where something hangs that cannot be ended from here. */
  get healthy(): boolean {
    return this.#plane?.healthy ?? true;
  }

  /** Puts a deployment to work where none is, or none any more. Throws AgentError SKELETON_MISMATCH. */
  begin(deployment: Deployment): void {
    const { logger, frames } = this.#options;
    const plane = new DataPlane({
      deployment,
      cameras: createCameras(this.#adopt(deployment)),
      logger,
      frames,
      onOpening: (opening) => this.#options.onOpening(opening),
      onReady: (info, openMs) => this.#ready(info, openMs),
      onCamera: (camera, change) => this.#cameraChanged(camera, change),
      onWorkerLost: (error) => this.#workerLost(error),
      onCrashLoop: (error) => this.#crashLoop(error),
      onFinished: () => this.#finished(),
    });
    this.#plane = plane;
    this.#remember(plane);
    plane.start();
  }

  /**
   * Puts another deployment to work; resolves when the one before is gone and this one is started. Where only cameras
   * differ the worker stays, and reads on what is not changed; `anew` replaces it all the same.
   */
  async deploy(deployment: Deployment, { anew = false } = {}): Promise<void> {
    this.#trial?.end(new AgentError('TRIAL_FAILED', 'another configuration took its place'));
    this.#trial = undefined;
    const plane = this.#plane;
    if (!anew && plane?.mayBecome(deployment)) {
      this.#change(plane, deployment);
    } else {
      await plane?.stop();
      if (this.#stopped) return;
      this.begin(deployment);
    }
    this.announceInfo();
  }

  #change(plane: DataPlane, deployment: Deployment): void {
    const cameras = createCameras(this.#adopt(deployment), plane.cameras);
    for (const camera of plane.become(deployment, cameras)) Object.assign(camera, notStarted);
    this.#remember(plane);
    for (const { publisher } of cameras) publisher.publishAs(this.#skeleton as SkeletonMapping);
    if (this.#everReady) this.#updateState();
  }

  /** Takes the configuration for the one in effect; returns what its cameras are made from. */
  #adopt({ config, model }: Deployment): CamerasOptions {
    const { topics, session, mqtt, observer } = this.#options;
    const skeleton = publishedSkeleton(config, model);
    const configured = new Set(config.cameras.map(({ id }) => id));
    for (const { id } of this.#config.cameras) if (!configured.has(id)) mqtt.forgetCamera(id);
    this.#config = config;
    this.#skeleton = skeleton;
    return {
      config,
      topics,
      session,
      model: model.id,
      skeleton,
      publishPose: (topic, payload) => mqtt.publishPose(topic, payload),
      onPose: observer?.onPose,
      previous: this.#seen,
    };
  }

  #remember({ cameras }: DataPlane): void {
    for (const camera of cameras) this.#seen.set(camera.config.id, camera);
  }

  /** As awayCameras of the present deployment. */
  get away(): readonly CameraConfig[] {
    return this.#plane ? awayCameras(this.#plane) : [];
  }

  /** Says all of it again, for a broker that was not there before. */
  announce(): void {
    this.announceInfo();
    for (const { config, status, reason } of this.cameras) this.#announceCamera(config.id, status, reason);
    if (this.#everReady) this.#updateState();
    else this.setState('init');
  }

  /** Takes over what needs no new worker. Throws AgentError SKELETON_MISMATCH, and then takes over nothing. */
  configure(config: Config): void {
    const skeleton = this.deployment && publishedSkeleton(config, this.deployment.model);
    const changed = skeleton !== undefined && skeleton.to !== this.#skeleton?.to;
    this.#config = config;
    this.#plane?.configure(config);
    if (!changed) return;
    this.#skeleton = skeleton;
    this.announceInfo();
    for (const { publisher } of this.cameras) publisher.publishAs(skeleton);
  }

  /** Watches the present deployment for so long from when its model is open; resolves with undefined where it is good,
   *  else with what is wrong. */
  async tryOut(seconds: number, excused: ReadonlySet<string>): Promise<AgentError | undefined> {
    if (!this.#plane || this.#stopped) return new AgentError('TRIAL_FAILED', 'no model is running');
    this.#trial?.end(new AgentError('TRIAL_FAILED', 'another trial took its place'));
    const trial = new Trial({ plane: this.#plane, seconds, excused });
    this.#trial = trial;
    const failure = await trial.failure;
    if (this.#trial === trial) this.#trial = undefined;
    return failure;
  }

  /** Fails the trial where its model is not open yet; returns whether. */
  endOpening(failure: AgentError): boolean {
    return this.#trial?.endOpening(failure) ?? false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#trial?.end(new AgentError('TRIAL_FAILED', 'the agent is stopped'));
    await this.#plane?.stop();
    for (const camera of this.cameras) this.#setCamera(camera, 'offline', 'the agent is stopped');
  }

  /** As DataPlane.measureCeiling. Throws AgentError DEPLOYMENT_BUSY, WORKER_FAILED. */
  async measureCeiling(seconds: number): Promise<NativeCeiling> {
    return this.#running.measureCeiling(seconds);
  }

  /** The next frame of a camera as JPEG, with its people drawn where `overlay`. Throws AgentError as measureCeiling. */
  async snapshot(camera: AgentCamera, overlay: boolean): Promise<SnapshotMessage> {
    return this.#running.snapshot(camera, overlay ? (this.#skeleton ?? null) : null);
  }

  /** What is installed and running here. */
  info(): InfoPayload {
    const { version, session } = this.#options;
    const { deployment, session: engine = null } = this.#plane ?? {};
    const skeleton = this.#skeleton?.to;
    const { protocol } = this.#options.mqtt;
    const model = deployment?.model;
    return deviceInfo({ config: this.#config, model, skeleton, session, version, protocol, engine });
  }

  /** Says what is installed and running here, and which cameras are switched off. */
  announceInfo(): void {
    this.#options.mqtt.announceInfo(this.info());
    for (const { id, enabled } of this.#config.cameras) {
      if (!enabled) this.#announceCamera(id, 'disabled', 'disabled by the configuration');
    }
  }

  setState(state: DeviceState): void {
    if (!this.#stopped) this.#options.mqtt.setState(state);
  }

  get #running(): DataPlane {
    if (!this.#plane) throw new AgentError('WORKER_FAILED', 'no model is running');
    return this.#plane;
  }

  #ready(info: SessionInfo, openMs: number): void {
    const { logger, observer } = this.#options;
    this.#everReady = true;
    this.#trial?.opened();
    const { engine, deviceName, precision } = info;
    const model = this.#plane?.deployment.model.id;
    logger.info({ model, engine, device: deviceName, precision, open_ms: Math.round(openMs) }, 'model open');
    this.announceInfo();
    this.#updateState();
    observer?.onReady?.(info);
  }

  #cameraChanged(camera: AgentCamera, message: CameraChange): void {
    const { logger } = this.#options;
    const reason = message.reason === null ? null : redactUrls(message.reason);
    if (message.state === 'ended' || message.state === 'failed') camera.ended = true;
    if (message.state === 'failed') {
      const error = new AgentError(message.code ?? 'CAMERA_READ_FAILED', reason ?? 'the camera failed');
      logger.error({ camera: camera.config.id, code: error.code, remedy: error.remedy }, error.message);
      if (this.cameras.every(({ ended }) => ended)) this.#failed(error);
    } else if (message.state === 'offline') {
      logger.warn({ camera: camera.config.id, code: message.code }, reason ?? 'offline');
    } else {
      logger.info({ camera: camera.config.id }, message.state);
    }
    if (message.state === 'online') this.#setCamera(camera, 'online', null);
    else this.#setCamera(camera, 'offline', reason ?? reasons[message.state]);
    this.#updateState();
  }

  #workerLost(error: AgentError): void {
    const { logger } = this.#options;
    logger.error({ code: error.code, remedy: error.remedy }, error.message);
    this.#options.onWorkerLost(error);
    this.#trial?.workerLost(error);
    for (const camera of this.cameras) this.#setCamera(camera, 'offline', 'the worker process is restarted');
    this.setState('degraded');
    if (!this.#everReady && permanentFailures.has(error.code)) this.#failed(error);
  }

  /** On probation that is the end of the deployment, otherwise of the agent. */
  #failed(error: AgentError): void {
    if (this.#trial) this.#trial.end(error);
    else this.#options.onFailed(error);
  }

  #finished(): void {
    if (this.#trial) this.#trial.end(new AgentError('TRIAL_FAILED', 'no camera is left to read'));
    else this.#options.onFinished();
  }

  #crashLoop(error: AgentError): void {
    if (this.#trial) {
      this.#trial.end(error);
      return;
    }
    for (const camera of this.cameras) this.#setCamera(camera, 'offline', 'the worker fails again and again');
    this.#options.onCrashLoop(error);
  }

  #setCamera(camera: AgentCamera, status: CameraStatusPayload['status'], reason: string | null): void {
    camera.status = status;
    camera.reason = reason;
    this.#announceCamera(camera.config.id, status, reason);
  }

  #announceCamera(id: string, status: CameraStatusPayload['status'], reason: string | null): void {
    this.#options.mqtt.announceCamera(id, { status, reason, session: this.#options.session, ts: Date.now() });
  }

  #updateState(): void {
    this.setState(this.cameras.every(({ status }) => status === 'online') ? 'online' : 'degraded');
  }
}
