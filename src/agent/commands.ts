import type { Mapping } from '../config/assignment.js';
import type { Refusal } from '../config/desired-document.js';
import { maxErrors } from '../config/reported-config.js';
import type { Config } from '../config/schema.js';
import { AgentError, type ErrorCode } from '../errors.js';
import { CommandError, type CommandErrorCode } from '../mqtt/command-error.js';
import type { CommandHandlers } from '../mqtt/commands.js';
import type { InfoPayload } from '../mqtt/payloads.js';
import type { AgentCamera } from './cameras.js';
import type { LogLevelOverride } from './log-level-override.js';
import type { ModelUpdates } from './model-updates.js';
import type { Stage } from './stage.js';

export interface CommandsOptions {
  stage: Stage;
  models: ModelUpdates;
  logLevel: LogLevelOverride;
  info: () => InfoPayload;
  /** Ends the agent, for its service manager to start it again, or starts what it can itself. Throws AgentError
   *  DEPLOYMENT_BUSY. Returns what is to be done when the answer is on its way. */
  restart: () => () => void;
  /** Reads the local file again and applies it. Throws AgentError. */
  reload: () => Promise<void>;
  /** What would be said against a configuration from afar; undefined for nothing. */
  examine: (config: Mapping) => Refusal | undefined;
}

/** What the agent's own errors are to a requester; every other is a failure of the agent. */
const codes: Partial<Record<ErrorCode, CommandErrorCode>> = {
  CONFIG_INVALID: 409,
  CONFIG_UNREADABLE: 409,
  CONFIG_NEEDS_RESTART: 409,
  DEPLOYMENT_BUSY: 503,
  ENGINE_OPTION_INVALID: 409,
  MODEL_UNKNOWN: 404,
  MODEL_NOT_INSTALLED: 404,
  MODEL_NOT_SELECTED: 409,
  MODEL_FORMAT_UNSUPPORTED: 409,
  SKELETON_MISMATCH: 409,
  MODEL_SLOT_EMPTY: 409,
  MODEL_UPDATES_OFF: 403,
  MODEL_MANIFEST_INVALID: 409,
  MODEL_MANIFEST_EXPIRED: 409,
  MODEL_SIGNATURE_INVALID: 403,
  MODEL_NAME_TAKEN: 409,
  MODEL_VERSION_REFUSED: 409,
  MODEL_SHAPE_MISMATCH: 409,
  MODEL_ORIGIN_REFUSED: 403,
  MODEL_ADDRESS_BLOCKED: 403,
  OUTPUT_UNWRITABLE: 507,
  WORKER_FAILED: 503,
  WORKER_HUNG: 503,
  WORKER_OUT_OF_MEMORY: 503,
};

/** What every command does. */
export function commandHandlers(options: CommandsOptions): CommandHandlers {
  const { stage, models, logLevel, info, restart, reload, examine } = options;
  const handlers: CommandHandlers = {
    ping: async () => ({ ts: Date.now(), uptime_s: Math.round(process.uptime()) }),
    info: async () => info(),
    restart: async (_, { afterAnswer }) => {
      afterAnswer(restart());
      return {};
    },
    reload: async () => {
      await reload();
      return {};
    },
    snapshot: async ({ camera, overlay = false }) => {
      const seen = snapshotCamera(stage, camera);
      const { ts, width, height, jpeg } = await stage.snapshot(seen, overlay);
      return { camera, ts, width, height, jpeg: Buffer.from(jpeg).toString('base64') };
    },
    'models-list': () => models.list(),
    'models-pull': ({ name, manifest }, { signal }) =>
      manifest === undefined ? models.pull(name as string, signal) : models.install(manifest, signal),
    'models-activate': ({ name }) => models.activate(name),
    'models-rollback': () => models.rollBack(),
    'config-validate': async ({ config }) => {
      const refusal = examine(config);
      if (refusal === undefined) return { valid: true, errors: [] };
      const problems = refusal.problems.slice(0, maxErrors);
      const errors = problems.map(({ path, expected, found }) => ({ path, expected, found }));
      return { valid: false, errors };
    },
    'log-level': async ({ level, seconds }) => ({ level, until: logLevel.override(level, seconds) }),
    bench: async ({ seconds }) => {
      if (stage.onTrial) throw new CommandError(503, 'a configuration or model is on probation');
      const { fps, latencyP50Ms, latencyP95Ms, inferences } = await stage.measureCeiling(seconds);
      return { fps, latency_p50_ms: latencyP50Ms, latency_p95_ms: latencyP95Ms, inferences };
    },
  };
  return withCodes(handlers);
}

/** Throws CommandError. */
function snapshotCamera({ config, cameras }: Stage, id: string): AgentCamera {
  if (!config.control.allow_snapshot) {
    throw new CommandError(403, 'control.allow_snapshot is false in the local configuration');
  }
  const found = cameras.find((camera) => camera.config.id === id);
  if (found) return found;
  throw new CommandError(
    404,
    isConfigured(config, id) ? `camera ${id} is disabled` : `there is no camera ${id}`,
  );
}

function isConfigured({ cameras }: Config, id: string): boolean {
  return cameras.some((camera) => camera.id === id);
}

/** The same handlers, whose AgentErrors become answers. */
function withCodes(handlers: CommandHandlers): CommandHandlers {
  const entries = Object.entries(handlers).map(([name, run]) => [
    name,
    async (...given: unknown[]) => {
      try {
        return await (run as (...args: unknown[]) => Promise<object>)(...given);
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        throw new CommandError(codes[error.code] ?? 500, `${error.message} (${error.code})`);
      }
    },
  ]);
  return Object.fromEntries(entries) as CommandHandlers;
}
