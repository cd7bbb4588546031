import { createFrameSource, createReconnectingSource } from '../camera/create-frame-source.js';
import type { FrameSource } from '../camera/frame-source.js';
import { isRecorded, parseSource } from '../camera/parse-source.js';
import { type CameraStatus, ReconnectingSource } from '../camera/reconnecting-source.js';
import { openSession, type Session } from '../engine/session.js';
import { trimHeap } from '../engine/trim-heap.js';
import { AgentError } from '../errors.js';
import { collectRegularly } from '../telemetry/collect-regularly.js';
import { EventLoopDelay } from '../telemetry/event-loop-delay.js';
import { monotonicMs } from '../telemetry/monotonic-ms.js';
import { CameraPipeline } from './camera-pipeline.js';
import {
  type CameraCounts,
  type CameraState,
  type FromWorker,
  maxTextLength,
  type StartMessage,
  type ToWorker,
  type WorkerCamera,
} from './messages.js';
import { NewestFrameSlot } from './newest-frame-slot.js';
import { Permits } from './permits.js';

const beatIntervalMs = 1000;
/** Some megabytes of wrappers around native pictures, which survive the collector's quick rounds. */
const collectIntervalMs = 20_000;

interface RunningCamera {
  pipeline: CameraPipeline;
  source: FrameSource;
  /** Times it went offline. */
  stalls: number;
}

type Report = (state: CameraState, reason?: string, error?: AgentError) => void;

/** The data plane: one engine and every camera that uses it. */
export class Worker {
  readonly #send: (message: FromWorker) => void;
  readonly #loopDelay = new EventLoopDelay();
  readonly #cameras: RunningCamera[] = [];
  #session: Session | undefined;
  #permits: Permits | undefined;
  #beat: NodeJS.Timeout | undefined;
  #inferenceErrors = 0;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Opens the model and starts every camera; resolves when all have ended. Throws AgentError. */
  async run(start: StartMessage): Promise<void> {
    this.#loopDelay.start();
    this.#beat = setInterval(() => this.#sendBeat(), beatIntervalMs);
    const endCollection = collectRegularly(collectIntervalMs, trimHeap);
    const begin = monotonicMs();
    const session = await openSession(start.engine, start.session, (progress) =>
      this.#send({ type: 'opening', ...progress }),
    );
    this.#session = session;
    const permits = new Permits(session.capacity);
    this.#permits = permits;
    this.#send({ type: 'ready', info: session.info, openMs: monotonicMs() - begin });
    await Promise.all(start.cameras.map((camera, index) => this.#runCamera(camera, index, start)));
    clearInterval(this.#beat);
    endCollection();
    this.#sendBeat();
    await session.close();
  }

  /** Bare speed of the network, with the cameras held back meanwhile. */
  async measure(id: number, seconds: number): Promise<void> {
    const session = this.#session;
    if (!session || !this.#permits) return;
    const ceiling = await this.#permits.withAll(() => session.measureCeiling(seconds));
    this.#send({ type: 'ceiling', id, ceiling });
  }

  snapshot({ camera, id, skeleton }: Extract<ToWorker, { type: 'snapshot' }>): void {
    this.#cameras[camera]?.pipeline.requestSnapshot({ id, skeleton });
  }

  stop(): void {
    for (const { pipeline } of this.#cameras) pipeline.stop();
  }

  async #runCamera(camera: WorkerCamera, index: number, start: StartMessage): Promise<void> {
    const report: Report = (state, reason, error) =>
      this.#send({
        type: 'camera',
        camera: index,
        state,
        reason: reason?.slice(0, maxTextLength) || null,
        code: error?.code ?? null,
      });
    try {
      await this.#createPipeline(camera, index, { maxFrames: start.frames, report }).run();
      report('ended');
    } catch (error) {
      const known = error instanceof AgentError ? error : new AgentError('CAMERA_READ_FAILED', String(error));
      report('failed', known.message, known);
    }
  }

  #createPipeline(
    camera: WorkerCamera,
    index: number,
    { maxFrames = Number.POSITIVE_INFINITY, report }: { maxFrames: number | undefined; report: Report },
  ): CameraPipeline {
    const recorded = isRecorded(parseSource(camera.source));
    let before: CameraState = 'connecting';
    const source = createSource(camera, ({ state, reason, error }) => {
      // While it is away it may say so again, for another reason.
      if (state === 'offline' && before !== 'offline') running.stalls++;
      before = state;
      report(state, reason, error);
    });
    const pipeline = new CameraPipeline({
      camera: index,
      source,
      firstSeq: camera.firstSeq,
      slot: new NewestFrameSlot({ backPressure: recorded && camera.pace === 'max' }),
      session: this.#session as Session,
      permits: this.#permits as Permits,
      maxFrames,
      onFirstFrame: () => recorded && report('online'),
      onPose: this.#send,
      onSnapshot: this.#send,
      onInferenceError: (error) => this.#reportInferenceError(error),
    });
    const running: RunningCamera = { pipeline, source, stalls: 0 };
    this.#cameras[index] = running;
    return pipeline;
  }

  /** Only a worker's first failures are told: a device that fails every frame must not fill the log. All are counted. */
  #reportInferenceError(error: unknown): void {
    this.#inferenceErrors++;
    if (this.#inferenceErrors <= 3) process.stderr.write(`inference failed: ${(error as Error).message}\n`);
  }

  #sendBeat(): void {
    this.#send({
      type: 'beat',
      cameras: this.#cameras.map(
        ({ pipeline, source, stalls }): CameraCounts => ({
          ...pipeline.counts(),
          reconnects: source instanceof ReconnectingSource ? source.reopenings : 0,
          stalls,
        }),
      ),
      rssBytes: process.memoryUsage.rss(),
      loopP99Ms: this.#loopDelay.takeP99(),
    });
  }
}

/** A live camera comes back by itself; a recording that cannot be played never will. */
function createSource(camera: WorkerCamera, onStatus: (status: CameraStatus) => void): FrameSource {
  const spec = parseSource(camera.source);
  const { loop, pace, width, height, fps, firstSeq, policy } = camera;
  const options = {
    loop,
    policy,
    pace,
    firstSeq,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(fps === undefined ? {} : { fps }),
  };
  if (!isRecorded(spec)) return createReconnectingSource(spec, options, { onStatus, firstSeq });
  return createFrameSource(spec, options);
}
