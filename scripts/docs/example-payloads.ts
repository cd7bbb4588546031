import type { z } from 'zod';
import type { ReportedConfig } from '../../src/config/reported-config.js';
import type { CommandArgs, CommandName } from '../../src/mqtt/commands.js';
import type {
  CameraStatusPayload,
  CommandResponsePayload,
  desiredConfigPayload,
  EventPayload,
  InfoPayload,
  PosePayload,
  StatePayload,
  StatsPayload,
} from '../../src/mqtt/payloads.js';
import { skeletonInfo } from '../../src/mqtt/skeleton-info.js';
import { skeletons } from '../../src/pose/skeletons.js';

/** One message of each kind, of a device named hall-3 with a camera named entrance. */
const session = '93cce88a-cdd9-44d4-9d44-5bf29e02a9f8';

export const stateExample: StatePayload = { state: 'online', session, ts: 1_795_467_361_616 };

export const cameraStatusExample: CameraStatusPayload = {
  status: 'online',
  reason: null,
  session,
  ts: 1_795_467_361_616,
};

export const infoExample: InfoPayload = {
  v: 1,
  ts: 1_795_467_361_404,
  session,
  boot_id: '513c8bf1-060d-4374-a570-4d1a3fb1a080',
  versions: { agent: '0.1.0', node: '20.20.2', openvino: '2026.4.1-22982-e213a147257-releases/2026/4' },
  models: [
    {
      name: 'human-pose-estimation-0001',
      precision: 'bf16',
      checksums: {
        xml: 'sha256:581b082e749848fdfc6d4b4b70e8189c3c2bae1c2d59c6b2c1a026a5471754e3',
        bin: 'sha256:df2a9f41f15c3a0c8a0c5a704650338a3cc5c7bb588f2bfc14ea7093fa37b446',
      },
    },
  ],
  skeleton: skeletonInfo(skeletons.openpose18),
  config_schema_sha256: '6b365968de5b6b1085ece7637e1df4dcde496489e08358c9e60039146f9852fe',
  capabilities: ['engine:openvino', 'family:openpose', 'skeleton:openpose18', 'mqtt:5'],
};

/** Three of the ten stages. */
export const statsExample: StatsPayload = {
  v: 1,
  ts: 1_795_470_971_404,
  clock_synced: true,
  session,
  uptime_s: 3610,
  rss_mb: { agent: 88.7, worker: 159.1, capture: 27.4 },
  loop_p99_ms: 10.59,
  temperatures_c: { x86_pkg_temp: 61 },
  gpu_load: null,
  power_w: {},
  preparing: null,
  mqtt: {
    published: 107_943,
    dropped: 0,
    drops: { offline: 0, backlog: 0, oversize: 0, queue: 0 },
    queued: 0,
    reconnects: 0,
  },
  cameras: {
    entrance: {
      camera_fps: 30,
      process_fps: 29.9,
      skipped_fps: 0.1,
      frame_age_ms: 12.06,
      ts_source: 'camera',
      ts_error_ms: 1.87,
      reconnects_last_hour: 0,
      stalls_last_hour: 0,
      frames: { captured: 108_001, processed: 107_942 },
      drops: { capture: 0, slot: 58, inference: 0, mqtt: 0 },
      latency_ms: {
        infer: { p50: 21.503, p95: 24.575, p99: 31.743 },
        decode: { p50: 0.126, p95: 0.209, p99: 0.261 },
        total: { p50: 24.063, p95: 28.671, p99: 39.935 },
      },
    },
  },
};

export const poseExample: PosePayload = {
  v: 1,
  seq: 126,
  session,
  camera: 'entrance',
  ts: 1_795_467_365_803,
  age_ms: 24.1,
  frame: [960, 540],
  model: 'human-pose-estimation-0001',
  skeleton: 'openpose18',
  people: [
    {
      id: null,
      score: 0.82,
      box: [837.6, 170.9, 76, 189.8],
      keypoints: [
        [867.2, 175.1, 0.91],
        [867.2, 204.6, 0.83],
        [850.3, 200.4, 0.9],
        [850.3, 229.9, 0.65],
        [854.5, 251, 0.56],
        [888.3, 200.4, 0.92],
        [892.5, 229.9, 0.82],
        [875.6, 251, 0.84],
        [854.5, 259.5, 0.81],
        [846.1, 310.1, 0.91],
        [837.6, 360.7, 0.85],
        [884, 263.7, 0.89],
        [892.5, 314.3, 0.94],
        [913.6, 348, 0.9],
        [862.9, 170.9, 0.86],
        [867.2, 170.9, 0.88],
        [854.5, 175.1, 0.5],
        null,
      ],
    },
  ],
};

export const eventExample: EventPayload = {
  v: 1,
  type: 'crash',
  code: 'WORKER_FAILED',
  message: 'the worker process was ended by SIGSEGV',
  ts: 1_795_470_971_404,
  session,
};

export const desiredConfigExample: z.input<typeof desiredConfigPayload> = {
  version: 7,
  id: 'night-shift',
  config: {
    cameras: [{ id: 'entrance', source: 'rtsp://192.0.2.7/stream1' }],
    pose: { min_score: 0.4 },
  },
};

export const reportedConfigExample: ReportedConfig = {
  version: 7,
  id: 'night-shift',
  status: 'rejected',
  code: 422,
  message: 'the configuration is not valid',
  errors: [{ path: 'pose.min_score', expected: 'a number from 0 to 1', found: 'the number 40' }],
  sha256: '2a8b1f0c5f4e6a3b0c7d8e9f00112233445566778899aabbccddeeff00112233',
  last_good: {
    version: 6,
    id: 'day-shift',
    sha256: '9c1e3d5f7a9b1c3e5d7f9a1b3c5e7d9f1a3b5c7e9d1f3a5b7c9e1d3f5a7b9c1e',
  },
  ts: 1_795_467_361_616,
};

/** What a request of each command may hold. */
export const commandArguments: { readonly [Name in CommandName]: CommandArgs<Name> } = {
  ping: {},
  info: {},
  restart: {},
  reload: {},
  snapshot: { camera: 'entrance', overlay: true },
  'models-list': {},
  'models-pull': { name: 'blazepose-full' },
  'models-activate': { name: 'blazepose-full' },
  'models-rollback': {},
  'config-validate': { config: { pose: { min_score: 0.4 } } },
  'log-level': { level: 'debug', seconds: 600 },
  bench: { seconds: 5 },
};

export const commandResponseExample: CommandResponsePayload = {
  status: 'ok',
  code: 200,
  data: { ts: 1_795_467_361_616, uptime_s: 3610 },
  transaction: null,
};
