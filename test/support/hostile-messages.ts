import fc from 'fast-check';
import type { IClientPublishOptions } from 'mqtt';
import { commandArguments } from '../../scripts/docs/example-payloads.js';
import { readBody } from '../../src/mqtt/command-request.js';
import { type CommandName, commandSchemas } from '../../src/mqtt/commands.js';
import { deviceTopics } from '../../src/mqtt/topics.js';
import { adversarialTexts } from './adversarial-text.js';

export interface HostileMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly options: IClientPublishOptions;
}

/** A document in which all is right but the name of a secret: it is looked at to its end, and then refused. */
const document = {
  version: 7,
  id: 'night-shift',
  config: {
    pose: { min_score: 0.4 },
    cameras: [
      {
        id: 'cam0',
        source: 'rtsp://192.0.2.7/stream1',
        username: 'admin',
        password: { secret: 'nobody-knows' },
      },
      { id: 'cam1', source: 'http://192.0.2.8/mjpg?size=2', width: 1280, enabled: false },
    ],
  },
};
const state = { state: 'offline', session: 'another', ts: 1_795_467_361_616 };
const status = { status: 'online', reason: null, ts: 1_795_467_361_616 };

/** Of these what is obeyed stops the poses or fetches a model: obeying is no fault. */
const withEffects: ReadonlySet<string> = new Set<CommandName>([
  ...(['restart', 'reload', 'bench', 'snapshot'] as const),
  ...(['models-pull', 'models-activate', 'models-rollback'] as const),
]);

/**
 * Messages made of real ones for every topic that a filter in `filters` takes, by changing bits, cutting, swapping
 * types, nesting, huge numbers, repeated keys, wrong UTF-8, wrong topics and wrong properties.
 */
export function hostileMessages(device: string, filters: readonly string[]): fc.Arbitrary<HostileMessage> {
  const topics = deviceTopics(device);
  const messages = filters.flatMap((filter): [topic: fc.Arbitrary<string>, payload: unknown][] => {
    if (filter === topics.commands) {
      return Object.entries(commandArguments).map(([name, args]) => [
        wrongAtTimes(topics.command(name)),
        { ...args, transaction: 't-17' },
      ]);
    }
    if (filter === topics.configDesired) return Array(6).fill([fc.constant(filter), document]);
    // Of few names: what is retained under each stays at the broker.
    if (filter === topics.cameraStatuses)
      return [[fc.nat(30).map((n) => filter.replace('+', `cam${n}`)), status]];
    return [[fc.constant(filter), state]];
  });
  return fc
    .constantFrom(...messages)
    .chain(([topic, payload]) =>
      fc.record({ topic, payload: mutated(payload), options: options(topics.base) }),
    )
    .filter(({ topic, payload }) => !isObeyed(topic, payload));
}

function isObeyed(topic: string, payload: Buffer): boolean {
  const name = topic.slice(topic.lastIndexOf('/') + 1);
  if (!withEffects.has(name)) return false;
  try {
    return commandSchemas[name as CommandName].args.safeParse(readBody(payload).args).success;
  } catch {
    return false;
  }
}

function wrongAtTimes(topic: string): fc.Arbitrary<string> {
  const wrong = [
    `${topic}x`,
    topic.toUpperCase(),
    topic.slice(0, -1),
    `${topic}é`,
    topic.replace(/[^/]+$/, ' '),
  ];
  const long = topic.replace(/[^/]+$/, 'a'.repeat(50_000));
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(topic) },
    fc.constantFrom(...wrong, long, `${topic}/resp`),
  );
}

const texts = [...adversarialTexts(50_000).values()];
const place = fc.double({ min: 0, max: 0.999, noNaN: true });
const hugeNumbers = [
  '1e999',
  '-1e999',
  '9'.repeat(400),
  '1'.padEnd(40_000, '0'),
  '9007199254740993',
  '-0',
  '1e-400',
];

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

/** JSON in place of a value. */
const anyJson = fc.oneof(
  fc.constantFrom('null', 'true', '{}', '[]', '""', '0', '[[]]', '{"__proto__":1}', '"\\ud800"', '"\\u0000"'),
  fc.constantFrom(...hugeNumbers),
  fc.nat(9000).map((depth) => nested(depth, '[', ']')),
  fc.nat(6000).map((depth) => nested(depth, '{"a":', '}')),
  fc.constantFrom(...texts).map((text) => JSON.stringify(text).slice(0, 50_000)),
  fc.nat(8000).map((count) => `[${Array(count).fill('1').join()}]`),
  fc.nat(4000).map((count) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join()}}`),
);

type Mutation = (bytes: Buffer) => Buffer;
const at = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length);
const insert =
  (where: number, what: Buffer): Mutation =>
  (bytes) =>
    Buffer.concat([bytes.subarray(0, at(bytes, where)), what, bytes.subarray(at(bytes, where))]);
const replace =
  (where: number, pattern: RegExp, make: (found: string) => string): Mutation =>
  (bytes) => {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(pattern)];
    const match = found[Math.floor(where * found.length)];
    if (match === undefined) return bytes;
    const end = match.index + match[0].length;
    return Buffer.from(text.slice(0, match.index) + make(match[0]) + text.slice(end), 'latin1');
  };
const value = /"[^"]*"(?!:)|[\d.]+|null|true|false|\{\}|\[\]/g;

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([where, bit]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        copy[at(copy, where)] = (copy[at(copy, where)] ?? 0) ^ (1 << bit);
        return copy;
      },
  ),
  place.map(
    (cut): Mutation =>
      (bytes) =>
        bytes.subarray(0, at(bytes, cut)),
  ),
  fc
    .tuple(place, anyJson)
    .map(([where, json]) => replace(where, value, () => Buffer.from(json).toString('latin1'))),
  place.map((where) => replace(where, /"[^"]*":/g, (key) => `${key}1,${key}`)),
  place.map((where) => replace(where, /"[^"]*":/g, () => '"__proto__":')),
  fc
    .tuple(
      place,
      fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0], [0xef, 0xbb, 0xbf], [0xf4, 0x90]),
    )
    .map(([where, bytes]) => insert(where, Buffer.from(bytes))),
  fc.constantFrom(...texts).map(
    (text): Mutation =>
      () =>
        Buffer.from(text),
  ),
  fc.uint8Array({ maxLength: 300 }).map(
    (bytes): Mutation =>
      () =>
        Buffer.from(bytes),
  ),
);

function mutated(payload: unknown): fc.Arbitrary<Buffer> {
  const bytes = Buffer.from(JSON.stringify(payload));
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map((mutations) =>
      mutations.reduce<Buffer>((before, mutate) => mutate(before), bytes).subarray(0, 60_000),
    );
}

/** Properties, right and wrong. */
function options(base: string): fc.Arbitrary<IClientPublishOptions> {
  const responseTopic = fc.constantFrom(
    ...['edgepose/client/hostile', `${base}/state`, `${base}/cmd/ping/resp`, 'edgepose/client', '$SYS/x'],
    ...[`edgepose/client/${'a/'.repeat(200)}`, 'a'.repeat(2000), 'edgepose/v1/another/state'],
  );
  const properties = fc.record(
    {
      responseTopic,
      correlationData: fc.nat(3000).map((length) => Buffer.alloc(length, 'c')),
      messageExpiryInterval: fc.constantFrom(0, 1, 2 ** 32 - 1),
      contentType: fc.constantFrom('', 'x'.repeat(1000)),
      payloadFormatIndicator: fc.boolean(),
      userProperties: fc.constantFrom<Record<string, string | string[]>>(
        { a: 'b' },
        { k: Array(100).fill('v') },
      ),
    },
    { requiredKeys: [] },
  );
  return fc.record({
    qos: fc.constantFrom<0 | 1>(0, 1),
    retain: fc.nat(9).map((n) => n === 0),
    properties,
  });
}
