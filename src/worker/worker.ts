import { isDeepStrictEqual } from 'node:util';
import { createFrameSource, createReconnectingSource } from '../camera/create-frame-source.js';
import type { FrameSource } from '../camera/frame-source.js';
import { isRecorded, parseSource } from '../camera/parse-source.js';
import { type CameraStatus, ReconnectingSource } from '../camera/reconnecting-source.js';
import { openSession, type Session } from '../engine/session.js';
import { trimHeap } from '../engine/trim-heap.js';
import { AgentError } from '../errors.js';
import { monotonicMs } from '../monotonic-ms.js';
import { collectRegularly } from '../telemetry/collect-regularly.js';
import { EventLoopDelay } from '../telemetry/event-loop-delay.js';
import { type WholePictureInput, wholePictureInput } from './camera-picture.js';
import { CameraPipeline } from './camera-pipeline.js';
import {
  type CameraState,
  type FromWorker,
  maxTextLength,
  type NumberedCounts,
  type StartMessage,
  type ToWorker,
  type WorkerCamera,
} from './messages.js';
import { NewestFrameSlot } from './newest-frame-slot.js';
import { Permits } from './permits.js';
import { type Reader, readingOptions } from './reading-options.js';

const beatIntervalMs = 1000;
/** Some megabytes of wrappers around native pictures, which survive the collector's quick rounds. */
const collectIntervalMs = 20_000;

interface RunningCamera {
  camera: WorkerCamera;
  /** Undefined until whoever read it before is gone. */
  pipeline?: CameraPipeline;
  source?: FrameSource;
  /** Times it went offline. */
  stalls: number;
  /** When nobody reads it any more. */
  over: Promise<void>;
}

/** The data plane: one engine and every camera that uses it. */
export class Worker {
  readonly #send: (message: FromWorker) => void;
  readonly #loopDelay = new EventLoopDelay();
  readonly #cameras = new Map<number, RunningCamera>();
  /** Of cameras that run, and of those that were removed and are not gone yet. */
  readonly #running = new Set<Promise<void>>();
  /** By id, the last that was removed. */
  readonly #removed = new Map<string, Promise<void>>();
  /** Until the model is open. */
  #wanted: readonly WorkerCamera[] = [];
  #frames = Number.POSITIVE_INFINITY;
  #stopped = false;
  #session: Session | undefined;
  #permits: Permits | undefined;
  /** What of a picture's size is of use; undefined where people are cut out of it. */
  #input: WholePictureInput | undefined;
  #beat: NodeJS.Timeout | undefined;
  #inferenceErrors = 0;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Opens the model and starts every camera; resolves when all have ended. Throws AgentError. */
  async run(start: StartMessage): Promise<void> {
    this.#wanted = start.cameras;
    this.#frames = start.frames ?? Number.POSITIVE_INFINITY;
    this.#loopDelay.start();
    this.#beat = setInterval(() => this.#sendBeat(), beatIntervalMs);
    const endCollection = collectRegularly(collectIntervalMs, trimHeap);
    const begin = monotonicMs();
    const session = await openSession(start.engine, start.session, (progress) =>
      this.#send({ type: 'opening', ...progress }),
    );
    this.#session = session;
    this.#input = wholePictureInput(start.session);
    this.#permits = new Permits(session.info.capacity);
    this.#send({ type: 'ready', info: session.info, openMs: monotonicMs() - begin });
    this.setCameras(this.#wanted);
    // Others may have come meanwhile.
    while (this.#running.size > 0) await Promise.all(this.#running);
    clearInterval(this.#beat);
    endCollection();
    this.#sendBeat();
    await session.close();
  }

  /** Reads these and no others; those that are read already go on, with what is now to be done with their pictures. */
  setCameras(cameras: readonly WorkerCamera[]): void {
    this.#wanted = cameras;
    if (!this.#session || this.#stopped) return;
    const numbers = new Set(cameras.map(({ number }) => number));
    for (const [number, running] of this.#cameras) if (!numbers.has(number)) this.#remove(number, running);
    for (const camera of cameras) {
      const known = this.#cameras.get(camera.number);
      if (known === undefined) this.#begin(camera);
      else this.#goOn(known, camera);
    }
  }

  /** Bare speed of the network, with the cameras held back meanwhile. */
  async measure(id: number, seconds: number): Promise<void> {
    const session = this.#session;
    if (!session || !this.#permits) return;
    const ceiling = await this.#permits.withAll(() => session.measureCeiling(seconds));
    this.#send({ type: 'ceiling', id, ceiling });
  }

  snapshot({ camera, id, skeleton }: Extract<ToWorker, { type: 'snapshot' }>): void {
    this.#cameras.get(camera)?.pipeline?.requestSnapshot({ id, skeleton });
  }

  stop(): void {
    this.#stopped = true;
    for (const { pipeline } of this.#cameras.values()) pipeline?.stop();
  }

  #begin(camera: WorkerCamera): void {
    const running: RunningCamera = { camera, stalls: 0, over: Promise.resolve() };
    this.#cameras.set(camera.number, running);
    running.over = this.#runCamera(running).finally(() => this.#running.delete(running.over));
    this.#running.add(running.over);
  }

  #goOn(running: RunningCamera, camera: WorkerCamera): void {
    if (!isDeepStrictEqual(camera.picture, running.camera.picture)) running.pipeline?.prepare(camera.picture);
    running.camera = camera;
  }

  /** Nothing is said of it any more. */
  #remove(number: number, { camera, pipeline, over }: RunningCamera): void {
    this.#cameras.delete(number);
    pipeline?.stop();
    const gone = over.then(() => {
      this.#session?.forget(number);
      if (this.#removed.get(camera.id) === gone) this.#removed.delete(camera.id);
    });
    this.#removed.set(camera.id, gone);
  }

  async #runCamera(running: RunningCamera): Promise<void> {
    const { number, id } = running.camera;
    // A device is read by one at a time, and many a network camera serves no more.
    await this.#removed.get(id);
    if (this.#stopped || !this.#cameras.has(number)) return;
    try {
      await this.#createPipeline(running).run();
      this.#report(number, 'ended');
    } catch (error) {
      const known = error instanceof AgentError ? error : new AgentError('CAMERA_READ_FAILED', String(error));
      this.#report(number, 'failed', known.message, known);
    }
  }

  #report(camera: number, state: CameraState, reason?: string, error?: AgentError): void {
    if (!this.#cameras.has(camera)) return;
    this.#send({
      type: 'camera',
      camera,
      state,
      reason: reason?.slice(0, maxTextLength) || null,
      code: error?.code ?? null,
    });
  }

  #createPipeline(running: RunningCamera): CameraPipeline {
    const { camera } = running;
    const { number } = camera;
    const recorded = isRecorded(parseSource(camera.source));
    const { capacity } = this.#session as Session;
    let before: CameraState = 'connecting';
    const source = createSource(
      camera,
      { capacity, input: this.#input, enough: () => pipeline.enough() },
      ({ state, reason, error }) => {
        // While it is away it may say so again, for another reason.
        if (state === 'offline' && before !== 'offline') running.stalls++;
        before = state;
        this.#report(number, state, reason, error);
      },
    );
    const pipeline: CameraPipeline = new CameraPipeline({
      camera: number,
      input: this.#input,
      source,
      firstSeq: camera.firstSeq,
      picture: camera.picture,
      slot: new NewestFrameSlot({ backPressure: recorded && camera.pace === 'max' }),
      session: this.#session as Session,
      permits: this.#permits as Permits,
      maxFrames: this.#frames,
      onFirstFrame: () => recorded && this.#report(number, 'online'),
      onPose: this.#send,
      onSnapshot: this.#send,
      onInferenceError: (error) => this.#reportInferenceError(error),
    });
    Object.assign(running, { pipeline, source });
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
      cameras: [...this.#cameras].flatMap(([camera, { pipeline, source, stalls }]): NumberedCounts[] => {
        if (pipeline === undefined) return [];
        const reconnects = source instanceof ReconnectingSource ? source.reopenings : 0;
        return [{ camera, ...pipeline.counts(), reconnects, stalls }];
      }),
      rssBytes: process.memoryUsage.rss(),
      loopP99Ms: this.#loopDelay.takeP99(),
    });
  }
}

/** A live camera comes back by itself; a recording that cannot be played never will. */
function createSource(
  { source, firstSeq, ...camera }: WorkerCamera,
  { capacity, ...reader }: Reader & { capacity: number },
  onStatus: (status: CameraStatus) => void,
): FrameSource {
  const spec = parseSource(source);
  const { number: _number, id, picture: _picture, ...wishes } = camera;
  const onNotice = (text: string): void => void process.stderr.write(`camera ${id}: ${text}\n`);
  // One waits for its turn.
  const options = { ...readingOptions(wishes, reader), held: capacity + 1, firstSeq, onNotice };
  if (!isRecorded(spec)) return createReconnectingSource(spec, options, { onStatus, firstSeq });
  return createFrameSource(spec, options);
}
