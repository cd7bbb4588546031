import fc from 'fast-check';
import type { IPublishPacket } from 'mqtt';
import t from 'tap';
import { CommandError } from '../../src/mqtt/command-error.js';
import { readArguments, readBody, readEnvelope } from '../../src/mqtt/command-request.js';
import { commandSchemas } from '../../src/mqtt/commands.js';
import { deviceTopics } from '../../src/mqtt/topics.js';
import { atScale, reached } from '../support/fault-figure.js';

const topics = deviceTopics('box');

function envelope(name: string, properties?: IPublishPacket['properties']) {
  const packet = { cmd: 'publish', qos: 1, dup: false, retain: false, topic: '', payload: '' } as const;
  const topic = `${topics.base}/cmd/${name}`;
  return readEnvelope(topics, topic, properties === undefined ? packet : { ...packet, properties });
}

t.test('where an answer goes', async (t) => {
  t.strictSame(envelope('ping'), {
    name: 'ping',
    responseTopic: 'edgepose/v1/box/cmd/ping/resp',
    correlationData: undefined,
    expiresInMs: undefined,
  });
  const correlationData = Buffer.from([0, 255]);
  t.strictSame(
    envelope('ping', {
      responseTopic: 'edgepose/client/ui-7/answers',
      correlationData,
      messageExpiryInterval: 30,
    }),
    { name: 'ping', responseTopic: 'edgepose/client/ui-7/answers', correlationData, expiresInMs: 30_000 },
  );
  t.equal(envelope('no such', { responseTopic: 'edgepose/client/a' })?.name, 'no such');
});

t.test('response topics that are not for answers', async (t) => {
  for (const good of ['edgepose/v1/box/cmd/other/resp', 'edgepose/client', 'edgepose/client/a/b/c/d/e/f']) {
    t.equal(envelope('ping', { responseTopic: good })?.responseTopic, good, good);
  }
  const bad = [
    '',
    '#',
    'edgepose/client/#',
    'edgepose/client/+/a',
    'edgepose/v1/box/cmd/+/resp',
    'edgepose/v1/box/cmd/ping',
    'edgepose/v1/box/cmd/ping/resp/more',
    'edgepose/v1/box/cmd/resp',
    'edgepose/v1/other/cmd/ping/resp',
    'edgepose/v1/box/config/desired',
    'edgepose/v1/box/state',
    'edgepose/clients/a',
    'edgepose/client/a\u0000b',
    'edgepose/client/a\nb',
    '/edgepose/client/a',
    'homeassistant/status',
    '$SYS/broker',
    `edgepose/client/${'x'.repeat(256)}`,
    'edgepose/client/a/b/c/d/e/f/g',
  ];
  for (const responseTopic of bad) {
    t.equal(envelope('ping', { responseTopic }), undefined, JSON.stringify(responseTopic.slice(0, 40)));
  }
  for (const name of ['', 'Ping', '$', 'x'.repeat(65)]) {
    t.equal(
      envelope(name),
      undefined,
      `no topic can be made of the command ${JSON.stringify(name.slice(0, 10))}`,
    );
  }
});

t.test('what a request says', async (t) => {
  const body = (text: string) => readBody(Buffer.from(text));
  t.strictSame(body(''), { transaction: null, args: {} });
  t.strictSame(body(' \n'), { transaction: null, args: {} });
  t.strictSame(body('{"transaction":"7","camera":"a"}'), { transaction: '7', args: { camera: 'a' } });
  const refused: [string, { code: number; message?: string | RegExp; errors?: object[] }][] = [
    ['{', { code: 400, message: /expected JSON/ }],
    ['nothing', { code: 400, message: /expected JSON/ }],
    ['[]', { code: 400, message: /expected a JSON object, found a list/ }],
    ['null', { code: 400, message: /found null/ }],
    ['"hunter2"', { code: 400, message: 'request: expected a JSON object, found a text of 7 characters' }],
    ['{"transaction":7}', { code: 400, errors: [{ path: 'transaction', found: 'the number 7' }] }],
    ['{"transaction":""}', { code: 400 }],
    [`{"transaction":"${'x'.repeat(65)}"}`, { code: 400 }],
    ['['.repeat(60_000), { code: 400 }],
    [' '.repeat(65_537), { code: 413, message: /65537 bytes, at most 65536/ }],
  ];
  for (const [text, error] of refused) t.throws(() => body(text), error, text.slice(0, 20));
});

const runs = atScale({ few: 500, tenth: 1_000, full: 10_000 });

t.test(`${runs} requests at random: taken, or refused with a reason, never anything else`, async (t) => {
  const json = fc.oneof(
    fc.json(),
    fc
      .jsonValue()
      .map((value) => JSON.stringify({ ['__proto__']: value, constructor: value, camera: value })),
    fc.string({ unit: 'binary' }),
  );
  const names = Object.keys(commandSchemas) as (keyof typeof commandSchemas)[];
  const run = fc.check(
    fc.property(json, fc.constantFrom(...names), (text, name) => {
      try {
        readArguments(commandSchemas[name].args, readBody(Buffer.from(text)).args);
      } catch (error) {
        if (!(error instanceof CommandError) || error.code !== 400 || error.message === '') throw error;
      }
    }),
    { numRuns: runs },
  );
  t.notOk(run.failed, fc.defaultReportMessage(run) ?? 'no request broke a rule');
  const what = 'requests at random taken or refused with a reason';
  reached(t, { fault: 'flood', what, value: run.numRuns - Number(run.failed), exactly: runs });
  t.equal(Object.hasOwn(Object.prototype, 'camera'), false);
});
