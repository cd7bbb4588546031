import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IPublishPacket } from 'mqtt-packet';
import t from 'tap';
import { CommandReceiver, type CommandReceiverOptions } from '../../src/mqtt/command-receiver.js';
import { deviceTopics } from '../../src/mqtt/topics.js';
import { answers, command, none } from '../support/command-device.js';

/** A receiver between a subscription and what it answers, without a broker in between. */
function startReceiver(options: Partial<CommandReceiverOptions>) {
  const topics = deviceTopics('box');
  const answered: { topic: string; body: { code: number } }[] = [];
  let deliver = (_topic: string, _payload: Buffer, _packet: IPublishPacket): void => {};
  const receiver = new CommandReceiver({
    topics,
    commands: {},
    redact: (text) => text,
    publisher: {
      maxPacketBytes: 2 ** 20,
      subscribe: (_filter, handler) => {
        deliver = handler;
      },
      respond: (topic, text) => {
        answered.push({ topic, body: JSON.parse(text) });
      },
    },
    ...options,
  });
  receiver.start();
  const ask = async (name: string, properties: IPublishPacket['properties'] = {}): Promise<void> => {
    const topic = `edgepose/v1/box/cmd/${name}`;
    const payload = Buffer.from('{}');
    deliver(topic, payload, {
      cmd: 'publish',
      topic,
      payload,
      qos: 1,
      dup: false,
      retain: false,
      properties,
    });
    await nextTurn();
  };
  return { receiver, answered, ask };
}

t.test('of those above the limit, whoever asks for answers elsewhere is told nothing', async (t) => {
  const { receiver, answered, ask } = startReceiver({
    commands: { nothing: command(none, async () => ({})) },
    limits: { perSecond: 1 },
    clock: () => 0,
  });
  await ask('nothing');
  await ask('nothing', { responseTopic: 'somebody/else' });
  t.match(receiver.counters(), { received: 2, limited: 1, refused: 0, done: 1 });
  t.same(
    answered.map(({ topic }) => topic),
    ['edgepose/v1/box/cmd/nothing/resp'],
  );
});

t.test('a request without an id that finds no room is told so', async (t) => {
  const { answered, ask } = startReceiver({
    commands: { slow: command(none, () => new Promise(() => {})) },
    limits: { waiting: 0 },
  });
  await ask('slow');
  await ask('slow');
  t.match(answered, [{ body: { code: 503 } }]);
});

t.test('of what was done and answered at length long ago, neither is done again', async (t) => {
  let runs = 0;
  const { answered, ask } = startReceiver({
    commands: {
      long: command(none, async () => {
        runs++;
        return { text: 'a'.repeat(100_000) };
      }),
    },
    limits: { perSecond: 1000 },
  });
  // Together longer than the answers that are kept.
  for (let n = 0; n < 30; n++)
    await ask('long', { responseTopic: answers, correlationData: Buffer.from([n]) });
  await ask('long', { responseTopic: answers, correlationData: Buffer.from([0]) });
  t.equal(runs, 30);
  t.match(answered.at(-1), { body: { code: 409, message: /its answer is no longer kept/ } });
});
