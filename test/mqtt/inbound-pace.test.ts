import { once } from 'node:events';
import { duplexPair, PassThrough } from 'node:stream';
import { generate, type IPublishPacket } from 'mqtt-packet';
import t from 'tap';
import { filterInbound, type GivenUpMessage } from '../../src/mqtt/inbound-filter.js';
import { PacketFramer } from '../../src/mqtt/packet-framer.js';
import { WorkShare } from '../../src/mqtt/work-share.js';

const message: IPublishPacket = {
  cmd: 'publish',
  topic: 'a/config/desired',
  payload: '{}',
  qos: 0,
  dup: false,
  retain: false,
};

t.test('work that costs a quarter of the time is not held up by more than three times its own', async (t) => {
  const share = new WorkShare();
  t.equal(share.pauseAfter(0.2), 0, 'less than a timer is worth');
  t.ok(Math.abs(share.pauseAfter(10) - 30.6) < 1e-9, 'with what was owed');
  t.equal(share.pauseAfter(0), 0, 'and paid');
});

t.test('the broker’s answers pass a flood, and what finds no room is acknowledged and told', async (t) => {
  const [ours, theirs] = duplexPair();
  const given: GivenUpMessage[] = [];
  const onGivenUp = (message: GivenUpMessage): unknown => given.push(message);
  filterInbound(ours, { maxBytes: 100_000, protocolVersion: 4, onGivenUp, onSkipping: () => {} });
  const back: Buffer[] = [];
  theirs.on('data', (chunk: Buffer) => back.push(chunk));
  const messages = 100;
  const flood = Array.from({ length: messages }, (_, n) =>
    generate({ ...message, payload: Buffer.alloc(50_000), qos: 1, messageId: n + 1 }),
  );
  const pingresp = Buffer.from([0xd0, 0]);
  const sink = ours.pipe(new PassThrough());
  const order: string[] = [];
  const framer = new PacketFramer(100_000, {
    onPacket: ([first = 0]) => order.push(first === 0xd0 ? 'answer' : 'message'),
    onTooLarge: () => t.fail('nothing is too large'),
    onMalformed: () => t.fail('nothing is malformed'),
  });
  sink.on('data', (chunk: Buffer) => framer.take(chunk));
  theirs.end(Buffer.concat([...flood, pingresp]));
  await once(sink, 'end');
  t.ok(order.indexOf('answer') <= 1, `the answer came after ${order.indexOf('answer')} messages`);
  t.equal(order.length - 1 + given.length, messages, 'every message was handed on or given up');
  t.ok(order.length - 1 >= 40, `2 MiB of them had room: ${order.length - 1}`);
  t.match(given[0], { topic: 'a/config/desired', reason: 'too many' });
  t.equal(Buffer.concat(back).length, given.length * 4, 'with a PUBACK each');
});

t.test('of a flood of messages a few are handed on in a turn of the event loop', async (t) => {
  const [ours, theirs] = duplexPair();
  const onGivenUp = (): never => t.fail('nothing is given up') as never;
  filterInbound(ours, { maxBytes: 1000, protocolVersion: 4, onGivenUp, onSkipping: () => {} });
  const packet = generate(message);
  const messages = 3000;
  theirs.end(Buffer.concat(Array(messages).fill(packet)));
  const inTurn = [0];
  let isOver = false;
  const turn = (): void => {
    inTurn.push(0);
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const sink = ours.pipe(new PassThrough());
  let bytes = 0;
  sink.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    inTurn[inTurn.length - 1] = (inTurn.at(-1) ?? 0) + chunk.length / packet.length;
  });
  await once(sink, 'end');
  isOver = true;
  t.equal(bytes, messages * packet.length, 'all of them come');
  t.ok(Math.max(...inTurn) <= 250, `at most ${Math.max(...inTurn)} in a turn`);
});
