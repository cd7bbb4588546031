import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { acknowledgeAll, connack, FakeBroker, publish, suback } from '../support/fake-broker.js';
import { atScale, reached } from '../support/fault-figure.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const topic = 'edgepose/v1/box/cmd/ping';
const cleanStart = 0x02;

/** The flags of a CONNECT. */
function connectFlags(connect: Buffer): number {
  return connect[connect.indexOf('MQTT') + 5] as number;
}

t.test('what the broker may not send ends the connection, not the agent', async (t) => {
  // An answer to a subscription: a message of that size is skipped.
  const large = Buffer.concat([Buffer.from([0x90, 0x80, 0x80, 0x04]), Buffer.alloc(65_536)]);
  const cases: [string, Buffer, RegExp][] = [
    ['a packet larger than is taken', large, /a packet of 65540 bytes came, at most 65536/],
    ['only the beginning of a huge one', Buffer.from([0x90, 0xff, 0xff, 0xff, 0x7f]), /268435460 bytes/],
    ['a packet of an unknown type', Buffer.from([0x00, 0x00]), /./],
    ['wrong flags', Buffer.from([0x6f, 0x02, 0x00, 0x01]), /cannot be read/],
    ['a length without end', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]), /./],
    ['a topic alias that nobody offered', Buffer.from([0x30, 6, 0, 0, 3, 0x23, 0, 1]), /topic alias/i],
    ['a second CONNACK', connack(0), /CONNACK/],
    ['a PUBREL without its id', Buffer.from([0x62, 0x00]), /cannot be read/],
    ['a PUBREC with half of one', Buffer.from([0x50, 0x01, 0x00]), /cannot be read/],
  ];
  for (const [name, bytes, message] of cases) {
    await t.test(name, async (t) => {
      const flags: number[] = [];
      const broker = new FakeBroker((connection, socket, connect) => {
        flags.push(connectFlags(connect));
        socket.write(connack(0));
        if (connection > 1) acknowledgeAll(socket);
        if (connection === 1) socket.write(bytes);
        else setTimeout(() => socket.write(publish(topic, 'afterwards')), 50);
      });
      await broker.start();
      t.teardown(() => broker.stop());
      const reasons: string[] = [];
      const publisher = startPublisher(t, {
        url: broker.url,
        onDisconnect: (reason) => reasons.push(reason),
      });
      const heard: string[] = [];
      publisher.subscribe(topic, (_topic, payload) => heard.push(payload.toString()));
      await waitFor('another connection that works', () => heard.length > 0);
      t.equal(reasons.length, 1);
      t.match(reasons[0], message);
      t.strictSame(heard, ['afterwards']);
      t.strictSame(
        flags.map((one) => one & cleanStart),
        [0, cleanStart],
        'the session, which would hold the packet, begins anew',
      );
    });
  }
});

t.test('the same again and again: pauses grow, and the session is kept after it was good', async (t) => {
  const flags: number[] = [];
  const broker = new FakeBroker((connection, socket, connect) => {
    flags.push(connectFlags(connect) & cleanStart);
    socket.write(connack(0));
    acknowledgeAll(socket);
    if (connection < 5) socket.write(Buffer.from([0x90, 0xff, 0xff, 0x7f]));
    else if (connection === 5) setTimeout(() => socket.destroy(), 100);
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const pauses: number[] = [];
  startPublisher(t, {
    url: broker.url,
    backoff: { minMs: 50, maxMs: 10_000, random: () => 0 },
    onDisconnect: (_reason, retryInMs) => pauses.push(retryInMs),
  });
  await waitFor('the sixth', () => flags.length === 6);
  t.strictSame(pauses, [50, 100, 200, 400, 800]);
  t.strictSame(flags, [0, cleanStart, cleanStart, cleanStart, cleanStart, 0]);
});

t.test('a PINGREQ unanswered ends the connection; its session goes on', async (t) => {
  const flags: number[] = [];
  const broker = new FakeBroker((connection, socket, connect) => {
    flags.push(connectFlags(connect) & cleanStart);
    socket.write(connack(0));
    if (connection === 2) acknowledgeAll(socket);
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const reasons: string[] = [];
  startPublisher(t, {
    url: broker.url,
    keepaliveSeconds: 1,
    onDisconnect: (reason) => reasons.push(reason),
  });
  await waitFor('another connection', () => flags.length === 2);
  t.match(reasons, [/Keepalive timeout/]);
  t.strictSame(flags, [0, 0]);
});

/** A few packets as a broker sends them. */
const honest = [
  publish(topic, '{"transaction":"1"}'),
  suback(1, 0),
  Buffer.from([0x40, 0x04, 0x00, 0x01, 0x10, 0x00]),
  Buffer.from([0xd0, 0x00]),
  Buffer.from([0xe0, 0x02, 0x8b, 0x00]),
  Buffer.from([0x32, 0x0c, 0x00, 0x01, 0x61, 0x00, 0x07, 0x05, 0x02, 0x00, 0x00, 0x00, 0x1e, 0x7b]),
  connack(0, [0x21, 0, 3]),
];

const rounds = atScale({ few: 300, tenth: 1_000, full: 10_000 });

t.test(`${rounds} mutated packets: no exception, and the connection afterwards works`, async (t) => {
  const mutation = fc.record({ at: fc.nat(20), byte: fc.nat(255) });
  const mutants = fc.sample(
    fc.record({
      packet: fc.constantFrom(...honest),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
      length: fc.nat(40),
    }),
    rounds,
  );
  let next = 0;
  let quiet = false;
  const inject = (socket: Socket): void => {
    // Several to a connection, as long as it takes them.
    const end = next + 5;
    for (; next < Math.min(end, mutants.length) && !socket.destroyed; next++) {
      const { packet, mutations, length } = mutants[next] as (typeof mutants)[number];
      const bytes = Buffer.from(packet);
      for (const { at, byte } of mutations) bytes[at % bytes.length] = byte;
      socket.write(bytes.subarray(0, Math.max(1, length)));
    }
    setTimeout(() => socket.destroy(), 20);
  };
  const broker = new FakeBroker((_, socket) => {
    socket.write(connack(0));
    if (quiet) acknowledgeAll(socket);
    else inject(socket);
  });
  await broker.start();
  t.teardown(() => broker.stop());
  let ends = 0;
  const publisher = startPublisher(t, {
    url: broker.url,
    backoff: { minMs: 1, maxMs: 2 },
    onDisconnect: () => {
      ends += 1;
    },
  });
  publisher.subscribe('#', () => {});
  await waitFor('all were sent', () => next === mutants.length, 100_000);
  quiet = true;
  await waitFor('connected', () => publisher.connected);
  await delay(100);
  t.ok(ends >= rounds / 10, `${rounds} packets ended ${ends} connections`);
  const survived = publisher.connected ? next : 0;
  reached(t, { fault: 'flood', what: 'mutated packets survived', value: survived, exactly: rounds });
});
