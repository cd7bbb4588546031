import { once } from 'node:events';
import { duplexPair, PassThrough } from 'node:stream';
import { generate } from 'mqtt-packet';
import t from 'tap';
import { filterInbound } from '../../src/mqtt/inbound-filter.js';
import { WorkShare } from '../../src/mqtt/work-share.js';

t.test('work that costs a quarter of the time is not held up by more than three times its own', async (t) => {
  const share = new WorkShare();
  t.equal(share.pauseAfter(0.2), 0, 'less than a timer is worth');
  t.ok(Math.abs(share.pauseAfter(10) - 30.6) < 1e-9, 'with what was owed');
  t.equal(share.pauseAfter(0), 0, 'and paid');
});

t.test('of a flood of messages a few are handed on in a turn of the event loop', async (t) => {
  const [ours, theirs] = duplexPair();
  const onGivenUp = (): never => t.fail('nothing is given up') as never;
  filterInbound(ours, { maxBytes: 1000, protocolVersion: 4, onGivenUp, onSkipping: () => {} });
  const message = generate({
    cmd: 'publish',
    topic: 'a/config/desired',
    payload: '{}',
    qos: 0,
    dup: false,
    retain: false,
  });
  const messages = 3000;
  theirs.end(Buffer.concat(Array(messages).fill(message)));
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
    inTurn[inTurn.length - 1] = (inTurn.at(-1) ?? 0) + chunk.length / message.length;
  });
  await once(sink, 'end');
  isOver = true;
  t.equal(bytes, messages * message.length, 'all of them come');
  t.ok(Math.max(...inTurn) <= 250, `at most ${Math.max(...inTurn)} in a turn`);
});
