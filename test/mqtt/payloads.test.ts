import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { reportedConfigPayload } from '../../src/config/reported-config.js';
import {
  cameraStatusPayload,
  commandResponsePayload,
  eventPayload,
  infoPayload,
  payloadJsonSchemas,
  posePayload,
  statePayload,
  statsPayload,
} from '../../src/mqtt/payloads.js';

const session = 'session-1';
const ts = 1_700_000_000_000;
const sha256 = 'a'.repeat(64);
const person = { id: null, score: 0.5, box: [1, 2, 3, 4], keypoints: [[1.5, -2, 0.5], null] };
const camera = {
  camera_fps: 30,
  process_fps: 29.5,
  skipped_fps: 0.5,
  frame_age_ms: null,
  ts_source: 'arrival',
  ts_error_ms: null,
  reconnects_last_hour: 0,
  stalls_last_hour: 0,
  frames: { captured: 9, processed: 5 },
  drops: { slot: 3 },
  latency_ms: { infer: { p50: 1, p95: 2, p99: 3 } },
};
const valid = {
  pose: {
    v: 1,
    seq: 0,
    session,
    camera: 'front',
    ts,
    age_ms: 1.5,
    frame: [640, 480],
    model: 'm',
    skeleton: 's',
    people: [person],
  },
  'camera-status': { status: 'offline', reason: 'unplugged', session, ts },
  state: { state: 'online', session, ts },
  info: {
    v: 1,
    ts,
    session,
    boot_id: null,
    versions: { agent: '0.1.0' },
    models: [
      {
        name: 'm',
        precision: 'FP16',
        checksums: { weights: `sha256:${sha256}`, graph: `sha384:${'b'.repeat(96)}` },
      },
    ],
    skeleton: { name: 's', keypoints: ['nose', 'neck'], limbs: [[0, 1]] },
    config_schema_sha256: sha256,
    capabilities: [],
  },
  stats: {
    v: 1,
    ts,
    session,
    clock_synced: true,
    uptime_s: 1,
    rss_mb: { agent: 50, worker: null },
    loop_p99_ms: 0.2,
    temperatures_c: {},
    gpu_load: 0.5,
    power_w: { VDD_IN: 4.78 },
    preparing: null,
    mqtt: { published: 1, dropped: 0, drops: {}, queued: 0, reconnects: 0 },
    cameras: { front: camera },
  },
  event: { v: 1, type: 'rollback', code: 'CONFIG_INVALID', message: 'back to version 3', ts, session },
  'command-response': { status: 'ok', code: 200, data: { ts }, transaction: null },
  'config-reported': {
    version: 3,
    id: 'doc-3',
    status: 'applied',
    code: 200,
    message: 'the document is applied',
    errors: [],
    sha256: '0'.repeat(64),
    last_good: { version: 3, id: 'doc-3', sha256: '0'.repeat(64) },
    ts,
  },
};
const zodSchemas = {
  pose: posePayload,
  'camera-status': cameraStatusPayload,
  state: statePayload,
  info: infoPayload,
  stats: statsPayload,
  event: eventPayload,
  'command-response': commandResponsePayload,
  'config-reported': reportedConfigPayload,
};

t.test('every payload: zod and the published JSON Schema agree', async (t) => {
  const schemas = payloadJsonSchemas();
  // config-desired comes in, and is strict: test/config/desired-document.test.ts.
  t.strictSame(Object.keys(schemas).sort(), [...Object.keys(zodSchemas), 'config-desired'].sort());
  for (const [name, sample] of Object.entries(valid)) {
    const zod = zodSchemas[name as keyof typeof zodSchemas];
    const validate = new Ajv2020({ strict: true, strictTuples: false, allowUnionTypes: true }).compile(
      schemas[name] ?? {},
    );
    const accepts = (value: unknown): [boolean, boolean] => [
      zod.safeParse(value).success,
      validate(value) === true,
    ];
    t.strictSame(accepts(sample), [true, true], `${name}: the sample`);
    t.strictSame(accepts({ ...sample, new_key: 1 }), [true, true], `${name}: a key of a later version`);
    for (const [key, value] of Object.entries(sample)) {
      const { [key]: _, ...without } = sample as Record<string, unknown>;
      // What tells of nothing bad has no code.
      const mayBeAbsent = name === 'event' && key === 'code';
      t.strictSame(accepts(without), [mayBeAbsent, mayBeAbsent], `${name} without ${key}`);
      const wrong = typeof value === 'boolean' ? 'true' : true;
      t.strictSame(accepts({ ...sample, [key]: wrong }), [false, false], `${name} with ${key}: ${wrong}`);
    }
  }
});

t.test('what a consumer may rely on', async (t) => {
  const preparing = { model: 'hall', file: 'model.onnx', fraction: 0.5, elapsed_s: 1, remaining_s: null };
  t.ok(statsPayload.safeParse({ ...valid.stats, preparing }).success);
  const wrong: [keyof typeof zodSchemas, object][] = [
    ['pose', { v: 2 }],
    ['pose', { camera: 'Front Door' }],
    ['pose', { people: [{ ...person, score: 1.01 }] }],
    ['pose', { people: [{ ...person, box: [1, 2, -3, 4] }] }],
    ['pose', { people: [{ ...person, keypoints: [[1, 2]] }] }],
    ['pose', { people: [{ ...person, keypoints: [[1, 2, 0.5, 0]] }] }],
    ['state', { state: 'dead' }],
    ['camera-status', { status: 'degraded' }],
    ['info', { config_schema_sha256: 'short' }],
    ['event', { type: 'surprise' }],
    ['event', { code: 'no code' }],
    ['event', { detail: { nested: {} } }],
    ['command-response', { status: 'maybe' }],
    ['command-response', { errors: [{ path: 'camera' }] }],
    ['config-reported', { code: 418 }],
    ['stats', { commands: { done: -1 } }],
    ['stats', { preparing: { ...preparing, fraction: 1.5 } }],
    ['stats', { preparing: { ...preparing, remaining_s: -1 } }],
    ['stats', { cameras: { front: { ...camera, drops: { slot: -1 } } } }],
  ];
  const schemas = payloadJsonSchemas();
  for (const [name, change] of wrong) {
    const value = { ...valid[name], ...change };
    t.equal(zodSchemas[name].safeParse(value).success, false, `${name} ${JSON.stringify(change)}`);
    t.equal(new Ajv2020({ strictTuples: false }).validate(schemas[name] ?? {}, value), false);
  }
});
