import { z } from 'zod';
import { reportedConfigPayload } from '../config/reported-config.js';
import { idPattern } from './topics.js';

/** The contract's major version, also in every topic. */
export const contractVersion = 1;

const version = z.literal(contractVersion).describe('Major version of the contract');
const session = z.string().min(1).max(64).describe('Changes with every start of the agent');
const epochMs = z.int().min(0).describe('ms since the Unix epoch');
const count = z.int().min(0);
const position = z.int().min(0);
const id = z.string().regex(idPattern);
const milliseconds = z.number().min(0);
const fps = z.number().min(0);
const megabytes = z.number().min(0);
const score = z.number().min(0).max(1);
const pixels = z.number();

const keypoint = z
  .tuple([pixels, pixels, score])
  .describe('x and y in frame pixels with one decimal; score in [0, 1] with two');

const person = z.object({
  id: z.int().nullable().describe('Stable from frame to frame while the person is tracked, else null'),
  score: score.describe(
    'Mean score of the keypoints that the model saw, whether or not they are among those published',
  ),
  box: z
    .tuple([pixels, pixels, pixels.min(0), pixels.min(0)])
    .describe('x, y, width, height in frame pixels'),
  keypoints: z
    .array(keypoint.nullable())
    .min(1)
    .describe('In the order of the skeleton; null where none was seen'),
});

/** `cam/{camera}/pose`: the people of one frame. */
export const posePayload = z
  .object({
    v: version,
    seq: count.describe('Frame number of the camera; within a session it never decreases'),
    session,
    camera: id,
    ts: epochMs.describe('Capture time, ms since the Unix epoch'),
    age_ms: milliseconds.describe('From capture to publication'),
    frame: z.tuple([z.int().min(1), z.int().min(1)]).describe('Width and height of the frame in pixels'),
    model: z.string().min(1),
    skeleton: z.string().min(1).describe('Names the keypoints and their order; `info` lists them'),
    people: z.array(person),
  })
  .describe('People in one frame of a camera. QoS 0, not retained; with MQTT 5 it expires after 2 s.');

/** `cam/{camera}/status`: whether a camera delivers. */
export const cameraStatusPayload = z
  .object({
    status: z.enum(['online', 'offline', 'disabled']),
    reason: z
      .string()
      .nullable()
      .describe(
        'Why it is not online, for people, also before the first frame and after the last; null while it is',
      ),
    session,
    ts: epochMs,
  })
  .describe('Whether a camera delivers frames. QoS 1, retained.');

/** `state`: birth and will. */
export const statePayload = z
  .object({
    state: z.enum(['init', 'online', 'degraded', 'stopped', 'offline']),
    session,
    ts: epochMs.describe(
      'ms since the Unix epoch; in "offline", which the broker sends, when the agent connected',
    ),
  })
  .describe(
    'State of the device. QoS 1, retained; the broker itself publishes "offline" when the connection is lost.',
  );

const checksum = z.string().regex(/^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96})$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `info`: what is installed. */
export const infoPayload = z
  .object({
    v: version,
    ts: epochMs,
    session,
    boot_id: z.string().nullable().describe('The kernel’s boot id; null where it cannot be read'),
    versions: z.record(z.string(), z.string()).describe('Agent, node, and each native library by name'),
    models: z.array(
      z.object({
        name: z.string().min(1),
        precision: z.string().nullable(),
        checksums: z.record(z.string(), checksum).describe('sha256:… or sha384:… of each file, by its role'),
      }),
    ),
    skeleton: z
      .object({
        name: z.string().min(1).describe('As in the pose messages'),
        keypoints: z.array(z.string().min(1)).min(1).describe('Names, in the order of the pose messages'),
        limbs: z
          .array(z.tuple([position, position]))
          .describe('Pairs of positions in `keypoints` that belong together, for drawing'),
      })
      .nullable()
      .describe('What the pose messages consist of; null while no model runs'),
    config_schema_sha256: sha256.describe('Hash of the JSON Schema of the configuration'),
    capabilities: z.array(z.string()).describe('Optional parts that this agent has'),
  })
  .describe('What is installed on the device. QoS 1, retained.');

const quantiles = z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds });

const cameraStats = z.object({
  camera_fps: fps.describe('Frames the camera delivered, per second'),
  process_fps: fps.describe('Frames whose poses were published, per second'),
  skipped_fps: fps.describe('Frames never inferred because a newer one came, per second'),
  frame_age_ms: milliseconds.nullable().describe('Age of the newest frame; null before the first'),
  ts_source: z
    .enum(['camera', 'arrival'])
    .nullable()
    .describe(
      'What `ts` of the poses is by: the time stamps of the camera, or when the frame came; null before the first frame',
    ),
  ts_error_ms: milliseconds
    .nullable()
    .describe(
      'By the camera: how far `ts` may be wrong, beside the time that the quickest of the last frames took on its way, ' +
        'which is in it; null where that is not known',
    ),
  reconnects_last_hour: count,
  stalls_last_hour: count,
  frames: z
    .object({ captured: count, processed: count })
    .describe(
      'Since the session began. Those captured are processed, dropped at `capture`, `slot` or `inference`, or on ' +
        'their way; those on their way when a worker is lost are lost with it',
    ),
  drops: z.record(z.string(), count).describe('Frames and messages lost since the session began, by place'),
  latency_ms: z.record(z.string(), quantiles).describe('By stage, over the time since the last message'),
});

/** `stats`: figures of both processes and every camera. */
export const statsPayload = z
  .object({
    v: version,
    ts: epochMs,
    clock_synced: z
      .boolean()
      .describe(
        'Whether the time service (systemd-timesyncd) has set the system’s clock, and it has not jumped since; ' +
          'where false, `ts` may be off in every message. No duration depends on it',
      ),
    session,
    uptime_s: z.number().min(0),
    rss_mb: z
      .object({
        agent: megabytes,
        worker: megabytes.nullable(),
        capture: megabytes
          .optional()
          .describe(
            'All processes that read cameras and recordings, without the pictures they share with the worker',
          ),
      })
      .describe('Resident memory, MiB'),
    loop_p99_ms: milliseconds.describe('Delay of the agent’s event loop'),
    temperatures_c: z.record(z.string(), z.number()).describe('By thermal zone; empty where there is none'),
    gpu_load: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('Of a Jetson’s GPU as this message is made, from 0 to 1; null elsewhere, and on Thor'),
    power_w: z
      .record(z.string(), z.number())
      .describe('Watts by power rail of a Jetson (VDD_IN: the whole module); empty elsewhere'),
    preparing: z
      .object({
        model: z.string().min(1),
        file: z.string().min(1).describe('The file of the network, without its folder'),
        fraction: z
          .number()
          .min(0)
          .max(1)
          .nullable()
          .describe('How much is done; null where it is not known'),
        elapsed_s: z.number().min(0),
        remaining_s: z.number().min(0).nullable().describe('About; null while it cannot be told'),
      })
      .nullable()
      .describe(
        'The plan of a network that TensorRT builds for this device; null where none is built. There are no poses until ' +
          'it is done. `state` does not tell: it is init on the first start, degraded after the loss of a worker, and what ' +
          'it was where a deployment has taken the place of another. A model with a person detector has two plans, one ' +
          'after the other',
      ),
    mqtt: z.object({
      published: count.describe('Messages handed to the broker’s socket since the session began'),
      dropped: count.describe('Messages never handed over, all reasons'),
      drops: z.record(z.string(), count).describe('The same by reason'),
      queued: count.describe('QoS 1 messages not acknowledged yet'),
      reconnects: count,
    }),
    commands: z
      .record(z.string(), count)
      .optional()
      .describe('Requests since the session began, by what became of them; absent where none are taken'),
    cameras: z.record(id, cameraStats),
  })
  .describe('Figures of the device. QoS 0, not retained.');

/** `event`: what happened to the device, as it happens. */
export const eventPayload = z
  .object({
    v: version,
    type: z
      .enum([
        'rollback',
        'crash',
        'hang',
        'oom',
        'safe_mode',
        'rejected',
        'disk_full',
        'camera',
        'mqtt',
        'preparing',
        'prepared',
      ])
      .describe(
        'rollback: back to an earlier config or model, or the remote config was reset on the device; crash, hang, oom: how the worker ended; rejected: a ' +
          'document, model or request was refused; disk_full: a document could not be stored; safe_mode: no worker for ' +
          'minutes; camera: one needs hands; mqtt: the broker refuses something, or sent what was skipped; preparing, prepared: the plan of a ' +
          'network is built for this device, and is done after `detail.seconds`',
      ),
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .optional()
      .describe('A code of docs/errors.md; absent where nothing is wrong: preparing, prepared'),
    message: z.string().min(1).describe('For people'),
    ts: epochMs,
    session,
    detail: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe('More, by name: camera, model, version, file, seconds, …'),
  })
  .describe('Something happened to the device. QoS 1, not retained.');

const argumentProblem = z.object({
  path: z.string().describe('Name of the argument; empty for the request as a whole'),
  expected: z.string(),
  found: z.string(),
});

/** `config/desired`: a whole configuration from afar. */
export const desiredConfigPayload = z
  .strictObject({
    version: z.int().min(1).describe('Counts up from document to document'),
    id: z.string().min(1).max(64).describe("The sender's name for the document, repeated in the report"),
    config: z
      .record(z.string(), z.unknown())
      .describe(
        'What `pose-agent config schema` describes, without the keys that only the local file may set',
      ),
  })
  .describe('A configuration for the device, whole. QoS 1, retained.');

/** The answer to a command, whichever it is; `data` is described with the command. */
export const commandResponsePayload = z
  .object({
    status: z.enum(['ok', 'error']),
    code: z
      .int()
      .describe(
        '200 done, 400 malformed or wrong arguments, 403 not allowed here, 404 no such command or object, 409 in ' +
          'conflict with what is, 413 too large, 429 too many requests, 500 failed, 503 busy, 504 took too long, ' +
          '507 no space',
      ),
    message: z.string().optional().describe('Why not, for people; absent where the status is ok'),
    errors: z.array(argumentProblem).optional().describe('What is wrong with the arguments'),
    data: z.record(z.string(), z.unknown()).nullable().describe('Null where the status is error'),
    transaction: z.string().nullable().describe('As in the request; null where it had none'),
  })
  .describe('Answer to a command. QoS 1, not retained, with the correlation data of the request.');

export type EventPayload = z.infer<typeof eventPayload>;
export type ArgumentProblem = z.infer<typeof argumentProblem>;
export type CommandResponsePayload = z.infer<typeof commandResponsePayload>;
export type PosePayload = z.infer<typeof posePayload>;
export type CameraStatusPayload = z.infer<typeof cameraStatusPayload>;
export type StatePayload = z.infer<typeof statePayload>;
export type InfoPayload = z.infer<typeof infoPayload>;
export type StatsPayload = z.infer<typeof statsPayload>;
export type DeviceState = StatePayload['state'];

const payloads = {
  pose: posePayload,
  'camera-status': cameraStatusPayload,
  state: statePayload,
  info: infoPayload,
  stats: statsPayload,
  event: eventPayload,
  'config-desired': desiredConfigPayload,
  'config-reported': reportedConfigPayload,
  'command-response': commandResponsePayload,
};

/**
 * The JSON Schema (draft 2020-12) of every payload by its file stem. Unknown keys are allowed: later versions
 * add some, and consumers ignore those they do not know.
 */
export function payloadJsonSchemas(): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(payloads).map(([name, schema]) => {
      const { $schema, ...body } = z.toJSONSchema(schema, { io: 'input' });
      return [name, { $schema, title: `edge-pose-agent ${name}`, ...body }];
    }),
  );
}
