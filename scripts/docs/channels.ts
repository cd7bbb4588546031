import { z } from 'zod';
import { reportedConfigPayload } from '../../src/config/reported-config.js';
import { commandSchemas } from '../../src/mqtt/commands.js';
import {
  cameraStatusPayload,
  commandResponsePayload,
  desiredConfigPayload,
  eventPayload,
  infoPayload,
  posePayload,
  statePayload,
  statsPayload,
} from '../../src/mqtt/payloads.js';
import {
  cameraStatusExample,
  commandArguments,
  commandResponseExample,
  desiredConfigExample,
  eventExample,
  infoExample,
  poseExample,
  reportedConfigExample,
  stateExample,
  statsExample,
} from './example-payloads.js';

/** Every topic of a device begins so. */
export const baseTopic = 'edgepose/v1/{device}';

/** What a message of a topic looks like. */
export interface ChannelMessage {
  /** Also the stem of its payload's file in docs/schemas. */
  readonly name: string;
  readonly payload: z.ZodType;
  readonly example: unknown;
}

/** One topic of the MQTT contract: all that docs/asyncapi.yaml and docs/mqtt.md say of it. */
export interface Channel {
  readonly name: string;
  /** Below the base topic; every level in braces is a key of `parameters`. */
  readonly topic: string;
  readonly from: 'agent' | 'client';
  /** What it carries, for the table of topics. */
  readonly carries: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5 only. */
  readonly expirySeconds?: number;
  /** Name of the channel that carries the answers. */
  readonly answeredOn?: string;
  /** One, or one for each kind of request. */
  readonly messages: readonly ChannelMessage[];
}

/** How the agent itself connects; times in seconds, the size in bytes. */
export const agentConnection = {
  keepAlive: 15,
  sessionExpiry: 60,
  willDelay: 10,
  maximumPacketSize: 65_536,
} as const;

/** The levels of topics that differ from device to device. */
export const parameters: Record<string, { description: string; examples: string[] }> = {
  device: {
    description: 'The device: `device_id` of its configuration. 1 to 64 of a-z, 0-9 and "-".',
    examples: ['hall-3'],
  },
  camera: {
    description: 'The camera: `id` of its entry under `cameras`. 1 to 64 of a-z, 0-9 and "-".',
    examples: ['entrance'],
  },
  command: {
    description: 'The command.',
    examples: Object.keys(commandSchemas),
  },
};

const transaction = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Repeated in the answer, for clients without correlation data');

/** The table that every document of the MQTT contract is made from. A new topic is one entry. */
export const channels: readonly Channel[] = [
  {
    name: 'state',
    topic: 'state',
    from: 'agent',
    carries: 'whether the device is there: the birth, and the will that the broker sends for it',
    qos: 1,
    retain: true,
    messages: [message('state', statePayload, stateExample)],
  },
  {
    name: 'info',
    topic: 'info',
    from: 'agent',
    carries: 'what is installed: versions, model and its checksums, capabilities',
    qos: 1,
    retain: true,
    messages: [message('info', infoPayload, infoExample)],
  },
  {
    name: 'stats',
    topic: 'stats',
    from: 'agent',
    carries: 'figures, every `stats.interval_s` seconds: frame rates, drops, latency by stage, memory',
    qos: 0,
    retain: false,
    messages: [message('stats', statsPayload, statsExample)],
  },
  {
    name: 'pose',
    topic: 'cam/{camera}/pose',
    from: 'agent',
    carries: 'the people in one frame; sent for every processed frame, also when nobody is there',
    qos: 0,
    retain: false,
    expirySeconds: 2,
    messages: [message('pose', posePayload, poseExample)],
  },
  {
    name: 'camera-status',
    topic: 'cam/{camera}/status',
    from: 'agent',
    carries: 'whether the camera delivers frames',
    qos: 1,
    retain: true,
    messages: [message('camera-status', cameraStatusPayload, cameraStatusExample)],
  },
  {
    name: 'event',
    topic: 'event',
    from: 'agent',
    carries: 'something that happened to the device: a rollback, a crash, a refusal',
    qos: 1,
    retain: false,
    messages: [message('event', eventPayload, eventExample)],
  },
  {
    name: 'config-desired',
    topic: 'config/desired',
    from: 'client',
    carries: 'a configuration for the device, whole',
    qos: 1,
    retain: true,
    answeredOn: 'config-reported',
    messages: [message('config-desired', desiredConfigPayload, desiredConfigExample)],
  },
  {
    name: 'config-reported',
    topic: 'config/reported',
    from: 'agent',
    carries: 'what became of the last document on `config/desired`',
    qos: 1,
    retain: true,
    messages: [message('config-reported', reportedConfigPayload, reportedConfigExample)],
  },
  {
    name: 'command',
    topic: 'cmd/{command}',
    from: 'client',
    carries: 'a request: the arguments of the command',
    qos: 1,
    retain: false,
    expirySeconds: 30,
    answeredOn: 'command-response',
    messages: Object.entries(commandSchemas).map(([name, { about, args }]) => ({
      name: `command-${name}`,
      payload: args.safeExtend({ transaction }).describe(about),
      example: commandArguments[name as keyof typeof commandArguments],
    })),
  },
  {
    name: 'command-response',
    topic: 'cmd/{command}/resp',
    from: 'agent',
    carries: 'the answer, where the request names no other Response Topic',
    qos: 1,
    retain: false,
    messages: [message('command-response', commandResponsePayload, commandResponseExample)],
  },
];

/** The compiler holds each example against its payload. */
function message<P extends z.ZodType>(name: string, payload: P, example: z.input<P>): ChannelMessage {
  return { name, payload, example };
}

/** The names in braces of a topic, in their order. */
export function parametersOf(topic: string): string[] {
  return [...topic.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
}
