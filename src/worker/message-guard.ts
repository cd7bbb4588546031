import { isRecorded, parseSource } from '../camera/parse-source.js';
import { maxCameras } from '../config/camera-section.js';
import { engineNames } from '../config/engine-devices.js';
import { errorRegistry } from '../errors.js';
import { monotonicMs } from '../monotonic-ms.js';
import { isWholeResult } from '../pose/packed-instances.js';
import {
  cameraStates,
  type FromWorker,
  maxSnapshotBytes,
  maxTextLength,
  type NumberedCounts,
  type SessionInfo,
  type StartMessage,
  type WorkerCamera,
} from './messages.js';

type Check = (value: unknown) => boolean;
/** A check for each field: one that is new without a check does not compile. */
type Checks<T> = { readonly [Field in Exclude<keyof T, 'type'>]-?: Check };
type MessageType = FromWorker['type'];
type MessageOf<Type extends MessageType> = Extract<FromWorker, { type: Type }>;

/** The last moment that a Date can tell, ms. */
const lastMs = 8.64e15;
/** A capture time is reckoned from two clocks. */
const clockSlackMs = 10_000;
/** No picture has a longer side, px. */
const maxSide = 100_000;
/** Frames of one worker: more than any gives, and few enough that the numbers of the workers after it do not run out. */
const maxFrames = 2 ** 40;

const isNatural: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isMs: Check = (value) =>
  Number.isFinite(value) && (value as number) >= 0 && (value as number) <= lastMs;
/** On the clock that both processes share. One from afar would be the newest for good. */
const isPast: Check = (value) => isMs(value) && (value as number) <= monotonicMs() + clockSlackMs;
const isSide: Check = (value) => isNatural(value) && (value as number) >= 1 && (value as number) <= maxSide;
const isText: Check = (value) => typeof value === 'string' && value.length <= maxTextLength;
const isCode: Check = (value) => typeof value === 'string' && Object.hasOwn(errorRegistry, value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const counts: Omit<Checks<NumberedCounts>, 'camera'> = {
  read: isNatural,
  droppedInSource: isNatural,
  newestCaptureMs: isPast,
  clockErrorMs: (value) => value === undefined || value === null || isMs(value),
  droppedInSlot: isNatural,
  failed: isNatural,
  reconnects: isNatural,
  stalls: isNatural,
};

const info: Checks<SessionInfo> = {
  engine: (value) => engineNames.some((name) => name === value),
  engineVersion: isText,
  deviceName: isText,
  precision: isText,
  capacity: isNatural,
  inputWidth: isNatural,
  inputHeight: isNatural,
};

const ceiling: Checks<MessageOf<'ceiling'>['ceiling']> = {
  fps: isMs,
  latencyP50Ms: isMs,
  latencyP95Ms: isMs,
  inferences: isNatural,
};

interface ExpectedCamera {
  readonly firstSeq: number;
  readonly mayEnd: boolean;
  ended: boolean;
}

/** What can only come once the model is open. */
const afterReady: ReadonlySet<MessageType> = new Set(['pose', 'camera', 'ceiling', 'snapshot', 'finished']);

/**
 * Looks at what one worker sends before anything is done with it. A worker reads what strangers stream, and may be in
 * their hands. Of a pose the sizes are looked at, not the coordinates: what is no place in a picture is not published.
 */
export class MessageGuard {
  readonly #cameras = new Map<number, ExpectedCamera>();
  /** Cameras end where they have no more than so many frames. */
  readonly #endsByCount: boolean;
  /** Above every camera's that it was told of. */
  #numbers = 0;
  readonly #checks: { readonly [Type in MessageType]: Checks<MessageOf<Type>> };
  #ready = false;
  #stopping = false;

  /** `keypoints` is how many the model gives a person. */
  constructor({ cameras, frames }: StartMessage, keypoints: number) {
    this.#endsByCount = frames !== undefined;
    this.expect(cameras);
    const isCamera: Check = (value) => isNatural(value) && (value as number) < this.#numbers;
    const numbered: Checks<NumberedCounts> = { ...counts, camera: isCamera };
    const isCounts: Check = (value) => faultyField(value, numbered) === undefined;
    this.#checks = {
      opening: {
        file: isText,
        fraction: orNull((value) => isMs(value) && (value as number) <= 1),
        elapsedMs: isMs,
      },
      ready: { info: (value) => faultyField(value, info) === undefined, openMs: isMs },
      pose: {
        camera: isCamera,
        seq: isNatural,
        ts: isMs,
        width: isSide,
        height: isSide,
        packed: (value) => value instanceof Float32Array && isWholeResult(value, keypoints),
        capturedMs: isPast,
        takenMs: isPast,
        submittedMs: isPast,
        sentMs: isPast,
      },
      camera: {
        camera: isCamera,
        state: (value) => cameraStates.some((state) => state === value),
        reason: orNull(isText),
        code: orNull(isCode),
      },
      beat: {
        cameras: (value) => isListUpTo(maxCameras, value) && value.every(isCounts),
        rssBytes: isNatural,
        loopP99Ms: isMs,
      },
      ceiling: { id: isNatural, ceiling: (value) => faultyField(value, ceiling) === undefined },
      snapshot: {
        id: isNatural,
        ts: isMs,
        width: isSide,
        height: isSide,
        jpeg: (value) => value instanceof Uint8Array && value.length <= maxSnapshotBytes,
      },
      finished: {},
      failed: { code: isCode, message: isText },
    };
  }

  /** The worker was told of these cameras; it may still speak of those before. */
  expect(cameras: readonly WorkerCamera[]): void {
    const before = new Map(this.#cameras);
    this.#cameras.clear();
    for (const { number, source, firstSeq } of cameras) {
      const mayEnd = this.#endsByCount || hasEnd(source);
      this.#cameras.set(number, before.get(number) ?? { firstSeq, mayEnd, ended: false });
      this.#numbers = Math.max(this.#numbers, number + 1);
    }
  }

  /** The worker was asked to end: its cameras may, too. */
  stopping(): void {
    this.#stopping = true;
  }

  /** Why no worker sends this, if it is so. */
  fault(message: unknown): string | undefined {
    const type = typeOf(message);
    if (type === undefined || !Object.hasOwn(this.#checks, type)) return 'a message of no known type';
    const known = type as MessageType;
    const field = faultyField(message, this.#checks[known]);
    if (field !== undefined) return `${known} with an impossible ${field}`;
    return this.#outOfPlace(message as FromWorker);
  }

  /** What could be, but not here and now. */
  #outOfPlace(message: FromWorker): string | undefined {
    if (afterReady.has(message.type) && !this.#ready) return `${message.type} before the model is open`;
    switch (message.type) {
      case 'ready':
        if (this.#ready) return 'ready a second time';
        this.#ready = true;
        break;
      case 'pose': {
        // Nobody looks at the poses of a camera that is not expected any more.
        const { firstSeq = message.seq } = this.#cameras.get(message.camera) ?? {};
        if (message.seq < firstSeq || message.seq - firstSeq > maxFrames)
          return 'pose with an impossible seq';
        break;
      }
      case 'camera': {
        const camera = this.#cameras.get(message.camera);
        if (camera === undefined || (message.state !== 'ended' && message.state !== 'failed')) break;
        if (!this.#stopping && !camera.mayEnd) return 'the end of a camera that has none';
        camera.ended = true;
        break;
      }
      case 'finished':
        if (!this.#stopping && ![...this.#cameras.values()].every(({ ended }) => ended))
          return 'finished before its cameras are';
    }
    return undefined;
  }
}

/** The first field that is not as it must be. */
function faultyField(value: unknown, checks: Readonly<Record<string, Check>>): string | undefined {
  if (typeof value !== 'object' || value === null) return 'value';
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in checks) if (!checks[name]?.(fields[name])) return name;
  return undefined;
}

function typeOf(message: unknown): string | undefined {
  const { type } = (message ?? {}) as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

/** Not longer, and an array alone: V8 would bring one with holes, or with a field `forEach`, too. */
function isListUpTo(length: number, value: unknown): value is unknown[] {
  if (!Array.isArray(value) || value.length > length) return false;
  const keys = Object.keys(value);
  return keys.length === value.length && keys.every((key) => Number(key) < length);
}

/** A live camera comes back by itself; only a recording is over some time. */
function hasEnd(source: string): boolean {
  try {
    return isRecorded(parseSource(source));
  } catch {
    return true; // the worker says so of it
  }
}
