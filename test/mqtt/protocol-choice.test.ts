import t from 'tap';
import type { ConnectionEnd } from '../../src/mqtt/broker-connection.js';
import { ProtocolChoice } from '../../src/mqtt/protocol-choice.js';
import { Mosquitto } from '../support/mosquitto.js';
import { OldBroker } from '../support/old-broker.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const closed: ConnectionEnd = {
  reason: 'closed',
  reasonCode: undefined,
  malformed: false,
  beforeAnswer: false,
};
const hungUp = { ...closed, beforeAnswer: true };
const hour = 3600_000;

function refused(reasonCode: number): ConnectionEnd {
  return { ...closed, reasonCode };
}

t.test('a broker that refuses MQTT 5 in its own words is spoken to in 3.1.1, for a day', async (t) => {
  for (const code of [0x84, 0x01]) {
    let now = 0;
    const choice = new ProtocolChoice('auto', () => now);
    t.equal(choice.version, 5);
    choice.ended(refused(code), false);
    t.equal(choice.version, 4);
    now = 23 * hour;
    choice.ended(closed, true);
    choice.ended(hungUp, false);
    t.equal(choice.version, 4, 'whatever ends a connection meanwhile');
    now = 25 * hour;
    choice.ended(closed, true);
    t.equal(choice.version, 5);
  }
});

t.test(
  'one that hangs up twice is tried with 3.1.1; if that serves, 5 is tried at the next connection',
  async (t) => {
    const choice = new ProtocolChoice('auto');
    choice.ended(hungUp, false);
    t.equal(choice.version, 5);
    choice.ended(hungUp, false);
    t.equal(choice.version, 4);
    choice.ended(closed, true);
    t.equal(choice.version, 5);
    choice.ended(hungUp, false);
    t.equal(choice.version, 4, 'one more time is enough then');
  },
);

t.test(
  'one that hangs up on both is something else: 5 is tried more and more often than 3.1.1',
  async (t) => {
    const choice = new ProtocolChoice('auto');
    const versions = Array.from({ length: 60 }, () => {
      const { version } = choice;
      choice.ended(hungUp, false);
      return version;
    });
    t.equal(versions.slice(0, 8).join(''), '55455554');
    t.ok(versions.filter((version) => version === 4).length <= 8, versions.join(''));
  },
);

t.test('other ends say nothing of the version, nor does any after it was spoken once', async (t) => {
  const choice = new ProtocolChoice('auto');
  for (const end of [closed, refused(0x86), refused(0x87), refused(5), { ...closed, malformed: true }]) {
    for (let n = 0; n < 5; n++) choice.ended(end, false);
  }
  t.equal(choice.version, 5);
  choice.ended(closed, true);
  for (let n = 0; n < 20; n++) choice.ended(hungUp, false);
  t.equal(choice.version, 5);
});

t.test('what is configured is not left', async (t) => {
  for (const version of [4, 5] as const) {
    const choice = new ProtocolChoice(version);
    for (let n = 0; n < 20; n++) choice.ended(refused(0x84), false);
    t.equal(choice.version, version);
  }
});

t.test('one that was only slow to answer is back at 5 with the next connection', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const slow = new OldBroker(broker.port, 'silence, on an open connection', { times: 2 });
  await slow.start();
  t.teardown(() => slow.stop());
  const spoken: number[] = [];
  const publisher = startPublisher(t, {
    url: slow.url,
    protocolVersion: 'auto',
    connectTimeoutMs: 500,
    onConnect: (version) => spoken.push(version),
  });
  await waitFor('the first connection', () => spoken.length === 1);
  slow.hangUp();
  await waitFor('the second', () => spoken.length === 2);
  t.strictSame(spoken, [4, 5]);
  t.equal(publisher.protocolVersion, 5);
});
