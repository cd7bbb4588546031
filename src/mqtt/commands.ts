import { z } from 'zod';
import type { Command, CommandContext } from './command.js';
import { infoPayload } from './payloads.js';
import { idPattern } from './topics.js';

const seconds = 1000;
const minutes = 60 * seconds;

/** The description of an argument completes "expected …". To be the outermost call. */
const cameraId = z.string().regex(idPattern).describe('the id of a camera');
const modelName = z.string().min(1).max(128);
const nothing = z.object({});

const activeModels = z.object({
  active: z.string().nullable().describe('Name of the model in use'),
  previous: z.string().nullable().describe('Name of the model that models-rollback goes back to'),
});

const logLevel = z
  .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  .describe('trace, debug, info, warn, error, fatal or silent');

const problem = z.object({ path: z.string(), expected: z.string(), found: z.string() });

/**
 * Every command: the arguments it takes, the data it answers with, and how long it may take. The one source for
 * validation, types and documentation.
 */
export const commandSchemas = {
  ping: {
    about: 'Answers: the agent is alive.',
    args: z.strictObject({}),
    data: z.object({ ts: z.int().describe('ms since the Unix epoch'), uptime_s: z.number().min(0) }),
    timeLimitMs: 10 * seconds,
  },
  info: {
    about: 'What is installed, as on the info topic.',
    args: z.strictObject({}),
    data: infoPayload,
    timeLimitMs: 10 * seconds,
  },
  restart: {
    about: 'Ends the agent after the answer; whatever supervises it starts it again.',
    args: z.strictObject({}),
    data: nothing,
    timeLimitMs: 10 * seconds,
  },
  reload: {
    about: 'Reads the local configuration file again and applies it.',
    args: z.strictObject({}),
    data: nothing,
    timeLimitMs: 2 * minutes,
  },
  snapshot: {
    about: 'A picture of what a camera sees now. Refused unless the local configuration allows it.',
    args: z.strictObject({
      camera: cameraId,
      overlay: z.boolean().optional().describe('true to draw the people’s keypoints, or false'),
    }),
    data: z.object({
      camera: z.string(),
      ts: z.int().describe('Capture time, ms since the Unix epoch'),
      width: z.int().min(1).describe('px'),
      height: z.int().min(1).describe('px'),
      jpeg: z.base64().describe('The picture, base64'),
    }),
    timeLimitMs: 15 * seconds,
  },
  'models-list': {
    about: 'The models that are known to the device.',
    args: z.strictObject({}),
    data: activeModels.extend({
      models: z.array(
        z.object({
          name: z.string(),
          title: z.string(),
          installed: z.boolean(),
          bytes: z.int().min(0).describe('Of its files'),
          version: z.int().nullable().describe('Of its signed manifest; null where it has none'),
        }),
      ),
    }),
    timeLimitMs: 30 * seconds,
  },
  'models-pull': {
    about: 'Downloads and checks a model, of the catalog or of a signed manifest, and leaves it unused.',
    args: z
      .strictObject({
        name: modelName.optional().describe('the name of a model'),
        manifest: z
          .url({ protocol: /^https?$/ })
          .max(2048)
          .optional()
          .describe('the http or https URL of a signed manifest'),
      })
      .refine(({ name, manifest }) => (name === undefined) !== (manifest === undefined), {
        message: 'either name or manifest',
      }),
    data: z.object({ name: z.string(), version: z.int().nullable(), bytes: z.int().min(0) }),
    timeLimitMs: 30 * minutes,
  },
  'models-activate': {
    about: 'Puts an installed model to use on probation; goes back by itself where it fails.',
    args: z.strictObject({ name: modelName.describe('the name of a model') }),
    data: activeModels,
    timeLimitMs: 5 * minutes,
  },
  'models-rollback': {
    about: 'Goes back to the previous model.',
    args: z.strictObject({}),
    data: activeModels,
    timeLimitMs: 5 * minutes,
  },
  'config-validate': {
    about: 'Checks a remote configuration document without applying it.',
    args: z.strictObject({
      config: z.record(z.string(), z.unknown()).describe('a configuration, a JSON object'),
    }),
    data: z.object({ valid: z.boolean(), errors: z.array(problem) }),
    timeLimitMs: 10 * seconds,
  },
  'log-level': {
    about: 'Sets what the agent logs, for a time or until its next start.',
    args: z.strictObject({
      level: logLevel,
      seconds: z.int().min(1).max(86_400).optional().describe('a whole number of seconds, 1 to 86400'),
    }),
    data: z.object({
      level: logLevel,
      until: z.int().nullable().describe('When it goes back, ms since the Unix epoch; null for never'),
    }),
    timeLimitMs: 10 * seconds,
  },
  bench: {
    about: 'Bare speed of the network, with the cameras held back meanwhile.',
    args: z.strictObject({
      seconds: z.int().min(1).max(60).describe('a whole number of seconds, 1 to 60'),
    }),
    data: z.object({
      fps: z.number().min(0),
      latency_p50_ms: z.number().min(0),
      latency_p95_ms: z.number().min(0),
      inferences: z.int().min(0),
    }),
    timeLimitMs: 2 * minutes,
  },
} as const satisfies Record<string, CommandSchema>;

interface CommandSchema {
  readonly about: string;
  readonly args: z.ZodObject;
  readonly data: z.ZodObject;
  readonly timeLimitMs: number;
}

export type CommandName = keyof typeof commandSchemas;
export type CommandArgs<Name extends CommandName> = z.output<(typeof commandSchemas)[Name]['args']>;
export type CommandData<Name extends CommandName> = z.input<(typeof commandSchemas)[Name]['data']>;

/** What does the work of every command. */
export type CommandHandlers = {
  readonly [Name in CommandName]: (
    args: CommandArgs<Name>,
    context: CommandContext,
  ) => Promise<CommandData<Name>>;
};

/** The handlers with their schemas, for CommandReceiver. */
export function commandTable(handlers: CommandHandlers): Record<CommandName, Command> {
  const entries = Object.entries(commandSchemas).map(([name, { args, timeLimitMs }]) => {
    const run = handlers[name as CommandName] as Command['run'];
    return [name, { args, timeLimitMs, run }];
  });
  return Object.fromEntries(entries) as Record<CommandName, Command>;
}

/** JSON Schema (draft 2020-12) of the arguments and data of every command. */
export function commandJsonSchemas(): Record<
  CommandName,
  { about: string; args: Record<string, unknown>; data: Record<string, unknown> }
> {
  const entries = Object.entries(commandSchemas).map(([name, { about, args, data }]) => [
    name,
    { about, args: z.toJSONSchema(args, { io: 'input' }), data: z.toJSONSchema(data, { io: 'input' }) },
  ]);
  return Object.fromEntries(entries);
}
