import fc from 'fast-check';
import t from 'tap';
import { CameraMonitor } from '../../src/agent/camera-monitor.js';
import { PosePublisher } from '../../src/agent/pose-publisher.js';
import { AgentError } from '../../src/errors.js';
import { monotonicMs } from '../../src/monotonic-ms.js';
import { posePayload } from '../../src/mqtt/payloads.js';
import { localPolicy } from '../../src/network/source-policy.js';
import { keepSkeleton } from '../../src/pose/map-skeleton.js';
import { skeletons } from '../../src/pose/skeletons.js';
import { CameraTelemetry } from '../../src/telemetry/camera-telemetry.js';
import { MessageGuard } from '../../src/worker/message-guard.js';
import {
  type FromWorker,
  maxSnapshotBytes,
  maxTextLength,
  type StartMessage,
  type WorkerCamera,
} from '../../src/worker/messages.js';

const skeleton = skeletons.coco17;
const keypoints = skeleton.keypoints.length;
const firstSeq = 100;

function guard(sources = ['rtsp://camera/', 'sample:'], more: Partial<StartMessage> = {}): MessageGuard {
  const start = { type: 'start', engine: 'openvino', cameras: cameras(sources), ...more };
  return new MessageGuard(start as unknown as StartMessage, keypoints);
}

function cameras(sources: readonly string[], from = 0): WorkerCamera[] {
  const picture: WorkerCamera['picture'] = { rotate: 0, flip: 'none', masks: [] };
  const facts = { loop: false, pace: 'realtime' as const, firstSeq, picture };
  return sources.map((source, index) => {
    const number = from + index;
    return { ...facts, number, id: `cam${number}`, source, policy: localPolicy };
  });
}

const info = {
  engine: 'openvino',
  engineVersion: '1',
  deviceName: 'CPU',
  precision: 'f32',
  capacity: 2,
  inputWidth: 64,
  inputHeight: 64,
} as const;
const ready: FromWorker = { type: 'ready', info, openMs: 12.5 };

const person = [0.9, 4.2, 7, ...Array.from({ length: keypoints }, () => [1, 2, 0.5]).flat()];
const packed = (people: number[][], count = people.length): Float32Array =>
  Float32Array.of(1, 1, 1, 1, Number.NaN, Number.NaN, count, keypoints, ...people.flat());
const counts = {
  camera: 0,
  read: 5,
  droppedInSource: 0,
  newestCaptureMs: 1,
  clockErrorMs: 0.5,
  droppedInSlot: 0,
  failed: 0,
  reconnects: 1,
  stalls: 1,
};

/** What a worker in its own hands sends; the order is one that it may have. */
const honest = (): FromWorker[] => [
  { type: 'beat', cameras: [], rssBytes: 1e8, loopP99Ms: 0.4 },
  { type: 'opening', file: 'net.onnx', fraction: null, elapsedMs: 10 },
  { type: 'opening', file: 'net.onnx', fraction: 1, elapsedMs: 10 },
  ready,
  { type: 'camera', camera: 0, state: 'connecting', reason: null, code: null },
  { type: 'camera', camera: 0, state: 'offline', reason: 'no route', code: 'CAMERA_OPEN_FAILED' },
  pose(),
  { ...pose(), packed: packed([]) },
  // The first camera waits for whoever read it before.
  { type: 'beat', cameras: [{ ...counts, camera: 1 }], rssBytes: 1e8, loopP99Ms: 0.4 },
  { type: 'beat', cameras: [counts, { ...counts, camera: 1 }], rssBytes: 1e8, loopP99Ms: 0.4 },
  {
    type: 'ceiling',
    id: 0,
    ceiling: { fps: 50.5, latencyP50Ms: 20, latencyP95Ms: 30, inferences: 100 },
  },
  { type: 'snapshot', id: 0, ts: 1e12, width: 4, height: 4, jpeg: new Uint8Array(9) },
  { type: 'camera', camera: 1, state: 'ended', reason: null, code: null },
  { type: 'failed', code: 'ENGINE_FAILED', message: 'the device is gone' },
];

function pose(): Extract<FromWorker, { type: 'pose' }> {
  const now = monotonicMs();
  return {
    type: 'pose',
    camera: 1,
    seq: firstSeq,
    ts: Date.now(),
    width: 640,
    height: 480,
    packed: packed([person]),
    capturedMs: now,
    takenMs: now,
    submittedMs: now,
    sentMs: now,
  };
}

const endOfFirst = { type: 'camera', camera: 0, state: 'ended', reason: null, code: null } as const;

function opened(...given: Parameters<typeof guard>): MessageGuard {
  const one = guard(...given);
  one.fault(ready);
  return one;
}

t.test('what a worker sends passes', async (t) => {
  const one = guard();
  for (const message of honest()) t.equal(one.fault(message), undefined, message.type);
});

t.test('what cannot be does not', async (t) => {
  const spoiled: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'pose'],
    ['no type', {}],
    ['a type of every object', { type: 'constructor' }],
    ['beat without cameras', { type: 'beat', cameras: null, rssBytes: 1, loopP99Ms: 1 }],
    ['beat of too many', { type: 'beat', cameras: Array(17).fill(counts), rssBytes: 1, loopP99Ms: 1 }],
    ['beat of no camera', { type: 'beat', cameras: [{ ...counts, camera: 2 }], rssBytes: 1, loopP99Ms: 1 }],
    [
      'beat of a list with a hole',
      { type: 'beat', cameras: Object.assign(Array(2), { 1: counts }), rssBytes: 1, loopP99Ms: 1 },
    ],
    ['beat of a camera that is nothing', { type: 'beat', cameras: [undefined], rssBytes: 1, loopP99Ms: 1 }],
    [
      'beat of a list of another kind',
      { type: 'beat', cameras: Object.assign([counts], { forEach: 1 }), rssBytes: 1, loopP99Ms: 1 },
    ],
    [
      'a picture from the future',
      { type: 'beat', cameras: [{ ...counts, newestCaptureMs: 1e15 }], rssBytes: 1, loopP99Ms: 1 },
    ],
    ['pose of no camera', { ...pose(), camera: 2 }],
    ['pose without a result', { ...pose(), packed: undefined }],
    ['people who are not there', { ...pose(), packed: packed([person], 2) }],
    ['people beyond number', { ...pose(), packed: packed([], 1e9) }],
    ['no number of people', { ...pose(), packed: packed([], Number.NaN) }],
    ['half a person', { ...pose(), packed: packed([person.slice(5)], 1) }],
    ['a person without a number', { ...pose(), packed: packed([[1, 1, Number.NaN, ...person.slice(3)]]) }],
    ['a result without its beginning', { ...pose(), packed: new Float32Array(3) }],
    ['a number from before', { ...pose(), seq: firstSeq - 1 }],
    ['a number that is the last', { ...pose(), seq: Number.MAX_SAFE_INTEGER }],
    [
      'an endless reason',
      { type: 'camera', camera: 0, state: 'offline', reason: 'x'.repeat(maxTextLength + 1), code: null },
    ],
    ['a code of nobody', { type: 'camera', camera: 0, state: 'failed', reason: null, code: 'toString' }],
    ['the end of a live camera', { type: 'camera', camera: 0, state: 'ended', reason: null, code: null }],
    ['its failure', { type: 'camera', camera: 0, state: 'failed', reason: null, code: null }],
    ['finished, and no camera is', { type: 'finished' }],
    ['ready once more', ready],
    [
      'a picture too large',
      { type: 'snapshot', id: 0, ts: 1, width: 4, height: 4, jpeg: new Uint8Array(maxSnapshotBytes + 1) },
    ],
  ];
  for (const [name, message] of spoiled) t.type(opened().fault(message), 'string', name);
  t.type(guard().fault(pose()), 'string', 'a pose before the model is open');
});

t.test('a worker ends when its cameras have, or when it is asked to', async (t) => {
  const ended = (camera: number): FromWorker => ({ ...endOfFirst, camera });
  const recorded = opened(['sample:', 'sample:']);
  t.equal(recorded.fault(ended(0)), undefined);
  t.type(recorded.fault({ type: 'finished' }), 'string');
  t.equal(recorded.fault(ended(1)), undefined);
  t.equal(recorded.fault({ type: 'finished' }), undefined);
  t.equal(opened(['rtsp://camera/'], { frames: 3 }).fault(ended(0)), undefined, 'so many frames');
  t.equal(opened(['no://camera/']).fault(ended(0)), undefined, 'it says so of a source that cannot be read');
  const asked = opened();
  asked.stopping();
  t.equal(asked.fault(ended(0)), undefined);
  t.equal(asked.fault({ type: 'finished' }), undefined);
});

t.test('cameras that are replaced while it runs', async (t) => {
  const one = opened(['rtsp://camera/', 'sample:']);
  one.expect([...cameras(['rtsp://camera/']), ...cameras(['sample:'], 2)]);
  const end = (camera: number): unknown => one.fault({ ...endOfFirst, camera });
  t.equal(one.fault({ ...pose(), camera: 2 }), undefined, 'the new one');
  t.equal(
    one.fault({ ...pose(), camera: 1, seq: 0 }),
    undefined,
    'of the old one something may be on its way',
  );
  t.equal(end(1), undefined);
  t.type(one.fault({ ...pose(), camera: 3 }), 'string', 'nobody is called so');
  one.expect(cameras(['rtsp://camera/']).map((camera) => ({ ...camera, firstSeq: firstSeq + 50 })));
  t.equal(one.fault({ ...pose(), camera: 0 }), undefined, 'one that goes on has the numbers that it had');
  t.type(end(0), 'string');
  t.type(one.fault({ type: 'finished' }), 'string', 'the end of the others is not its end');
});

/** What V8 can bring over a pipe, in the place of a field. */
const anything = fc.oneof(
  fc.anything({
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withBigInt: true,
    withSparseArray: true,
    withDate: true,
  }),
  fc.double(),
  fc.constantFrom(null, undefined, -0, 2 ** 53, -1, 1e300, Number.NaN, '', [], {}),
  fc.float32Array({ maxLength: 200 }),
);

/** The message with something else in one of its places, however deep. */
function spoil(message: object, path: readonly number[], value: unknown): unknown {
  const names = Object.keys(message);
  const name = names[(path[0] ?? 0) % Math.max(1, names.length)];
  if (name === undefined) return value;
  const inner = (message as Record<string, unknown>)[name];
  const deeper = path.length > 1 && typeof inner === 'object' && inner !== null && !ArrayBuffer.isView(inner);
  const spoiled = deeper ? spoil(inner, path.slice(1), value) : value;
  if (Array.isArray(message)) return Object.assign([...message], { [name]: spoiled });
  return { ...message, [name]: spoiled };
}

t.test(
  'what passes can be used: whatever is in a message, nothing throws and poses are as agreed',
  async (t) => {
    let passed = 0;
    const telemetry = new CameraTelemetry(monotonicMs);
    const monitor = new CameraMonitor(telemetry);
    const publisher = new PosePublisher({
      camera: 'cam0',
      topic: 'pose',
      session: '8c7a3a60-8a07-4a3c-8a57-5d3df0a1f9a1',
      model: 'm',
      skeleton: keepSkeleton(skeleton),
      minScore: 0,
      telemetry,
      publish: (_, payload) => {
        posePayload.parse(JSON.parse(payload));
        return true;
      },
      firstSeq,
    });
    const use = (message: FromWorker): void => {
      if (message.type === 'pose') publisher.publish(message);
      else if (message.type === 'beat') for (const one of Object.values(message.cameras)) monitor.beat(one);
      else if (message.type === 'failed') new AgentError(message.code, message.message).remedy.trim();
      else if (message.type === 'camera' && message.code)
        new AgentError(message.code, message.reason ?? '').remedy.trim();
      JSON.stringify(telemetry.take());
    };
    fc.assert(
      fc.property(
        fc.nat(honest().length - 1),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        anything,
        (index, path, value) => {
          const message = spoil(honest()[index] as object, path, value);
          const one = opened();
          if (one.fault(message) !== undefined) return;
          passed += 1;
          use(message as FromWorker);
        },
      ),
      { numRuns: 20_000 },
    );
    t.ok(passed > 0, `${passed} passed`);
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 8, maxLength: 8 + 2 * person.length }),
        fc.nat(2),
        (floats, people) => {
          const result = new Float32Array(8 + people * person.length);
          result.set(floats.subarray(0, result.length));
          result[6] = people;
          result[7] = keypoints;
          const message: FromWorker = { ...pose(), packed: result };
          if (opened().fault(message) === undefined) use(message);
        },
      ),
    );
  },
);
