import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import t, { type Test } from 'tap';
import { filterInbound, type GivenUpMessage } from '../../src/mqtt/inbound-filter.js';
import type { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { acknowledgeAll, connack, FakeBroker, onPacket, packetId } from '../support/fake-broker.js';
import { reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const desired = 'edgepose/v1/box/config/desired';
const pose = 'edgepose/v1/box/cam/front/pose';
const megabyte = 1024 * 1024;

/** How many of 200 poses were taken, one every 5 ms. */
async function takenOf200(publisher: MqttPublisher): Promise<number> {
  let taken = 0;
  for (let n = 0; n < 200; n++) {
    if (publisher.publishPose(pose, '{"seq":1}')) taken += 1;
    await delay(5);
  }
  return taken;
}

for (const protocolVersion of [4, 5] as const) {
  t.test(`a retained message of 3 MiB costs no pose, version ${protocolVersion}`, async (t) => {
    const broker = await Mosquitto.require(t);
    if (broker === undefined) return;
    t.teardown(() => broker.stop());
    const other = await connectAsync(broker.url, { protocolVersion: 4 });
    t.teardown(() => other.endAsync(true));
    await other.publishAsync(desired, Buffer.alloc(3 * megabyte, 0x20), { qos: 1, retain: true });
    const ends: string[] = [];
    const given: string[] = [];
    const publisher = startPublisher(t, {
      url: broker.url,
      protocolVersion,
      onDisconnect: (reason) => ends.push(reason),
      onGivenUp: (text) => given.push(text),
    });
    const heard: string[] = [];
    publisher.subscribe(desired, (_topic, payload) => heard.push(payload.toString()), { qos: 1 });
    await waitFor('connected', () => publisher.connected);
    const what = `of 200 poses taken beside a retained message of 3 MiB, MQTT ${protocolVersion},`;
    reached(t, { fault: 'flood', what, value: await takenOf200(publisher), exactly: 200 });
    t.strictSame(ends, [], 'connections lost');
    const sentence = `a message of 3145767 bytes on ${desired} is larger than is taken: it was skipped`;
    // To a client of MQTT 5 Mosquitto does not send what is larger than the client takes.
    t.strictSame(given, protocolVersion === 4 ? [sentence] : []);
    await other.publishAsync(desired, 'small', { qos: 1, retain: true });
    await waitFor('the next one', () => heard.length > 0);
    t.strictSame(heard, ['small']);
  });
}

t.test('a broker of MQTT 5 that keeps to no limit: acknowledged, told once, poses go on', async (t) => {
  const acknowledged: number[] = [];
  const message = generate(
    {
      cmd: 'publish',
      topic: desired,
      payload: Buffer.alloc(70_000),
      qos: 1,
      retain: true,
      dup: false,
      messageId: 7,
    },
    { protocolVersion: 5 },
  );
  const broker = new FakeBroker((connection, socket) => {
    acknowledgeAll(socket);
    onPacket(socket, (packet) => {
      if (packet.type === 'PUBACK') acknowledged.push(packet.body.readUInt16BE(0));
    });
    socket.write(Buffer.concat([connack(0), message]));
    if (connection < 4) setTimeout(() => socket.destroy(), 100);
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const given: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    backoff: { minMs: 1, maxMs: 2 },
    onGivenUp: (text) => given.push(text),
  });
  await waitFor('the fourth connection', () => acknowledged.length === 4);
  t.strictSame(acknowledged, [7, 7, 7, 7]);
  t.match(given, [/a message of 70\d\d\d bytes on .*desired is larger than is taken: it was skipped/]);
  t.equal(given.length, 1);
  t.equal(await takenOf200(publisher), 200);
});

t.test('a message that takes longer than the keepalive', async (t) => {
  const pings: number[] = [];
  const broker = new FakeBroker((_, socket) => {
    acknowledgeAll(socket);
    onPacket(socket, ({ type }) => {
      if (type === 'PINGREQ') pings.push(performance.now());
    });
    // 400 kB are announced, and come at 100 kB/s: nothing else comes through for 4 s.
    socket.write(Buffer.concat([connack(0), Buffer.from([0x30, 0x80, 0xb5, 0x18, 0, 1, 97])]));
    const timer = setInterval(() => socket.write(Buffer.alloc(10_000)), 100);
    socket.once('close', () => clearInterval(timer));
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const ends: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    keepaliveSeconds: 1,
    onDisconnect: (reason) => ends.push(reason),
  });
  await waitFor('connected', () => publisher.connected);
  await delay(3000);
  t.strictSame(ends, [], 'the bytes that come are a sign of life');
  t.ok(pings.length >= 4, `${pings.length} PINGREQ in 3 s keep the connection at the broker's end`);
});

/** What comes out behind the filter, what it writes back, and what it gives up. */
async function filtered(stream: Buffer, cuts: readonly number[], protocolVersion: 4 | 5, maxBytes = 1000) {
  const [ours, theirs] = duplexPair();
  const given: GivenUpMessage[] = [];
  const skipping = { times: 0 };
  filterInbound(ours, {
    maxBytes,
    protocolVersion,
    onGivenUp: (message) => given.push(message),
    onSkipping: () => {
      skipping.times += 1;
    },
  });
  const through: Buffer[] = [];
  const back: Buffer[] = [];
  let ended: Error | undefined;
  ours.on('error', (error) => {
    ended = error;
  });
  const { PassThrough } = await import('node:stream');
  const sink = ours.pipe(new PassThrough());
  sink.on('data', (chunk: Buffer) => through.push(chunk));
  theirs.on('data', (chunk: Buffer) => back.push(chunk));
  for (let at = 0, n = 0; at < stream.length && !theirs.destroyed; n++) {
    const size = cuts[n % cuts.length] as number;
    theirs.write(stream.subarray(at, at + size));
    at += size;
  }
  theirs.end();
  await Promise.race([once(sink, 'end'), once(ours, 'close')]);
  return { through: Buffer.concat(through), back: Buffer.concat(back), given, ended, skipping };
}

const cutsOf = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });

t.test(
  'any stream of messages: small ones pass unchanged, large ones are acknowledged and told',
  async () => {
    const message = fc.record({
      topic: fc.string({ minLength: 1, maxLength: 40 }),
      length: fc.oneof(fc.nat(200), fc.integer({ min: 900, max: 1100 }), fc.nat(100_000)),
      qos: fc.constantFrom(0, 1, 2),
      retain: fc.boolean(),
      dup: fc.boolean(),
      messageId: fc.integer({ min: 1, max: 65_535 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 10 }),
        cutsOf,
        fc.constantFrom(4, 5),
        async (messages, cuts, version) => {
          const packets = messages.map(({ length, qos, dup, messageId, ...rest }) =>
            generate(
              {
                cmd: 'publish',
                ...rest,
                payload: Buffer.alloc(length, 0xd0),
                qos: qos as 0 | 1 | 2,
                dup: dup && qos > 0,
                ...(qos > 0 ? { messageId } : {}),
              },
              { protocolVersion: version },
            ),
          );
          const { through, back, given, ended } = await filtered(
            Buffer.concat(packets),
            cuts,
            version as 4 | 5,
          );
          const large = messages.filter((_, index) => (packets[index] as Buffer).length > 1000);
          const small = packets.filter(({ length }) => length <= 1000);
          const acks = large
            .filter(({ qos }) => qos > 0)
            .map(({ qos, messageId: id }) => Buffer.from([qos === 1 ? 0x40 : 0x50, 2, id >> 8, id & 0xff]));
          return (
            ended === undefined &&
            through.equals(Buffer.concat(small)) &&
            back.equals(Buffer.concat(acks)) &&
            given.map(({ topic }) => topic).join('\n') ===
              large.map(({ topic }) => Buffer.from(topic).toString()).join('\n')
          );
        },
      ),
      { numRuns: 100 },
    );
  },
);

/** A PUBLISH whose body is anything at all. */
const anyPublish = fc
  .record({ flags: fc.nat(5), body: fc.uint8Array({ maxLength: 60 }) })
  .map(({ flags, body }) => Buffer.concat([Buffer.from([0x30 | flags, body.length]), body]));

t.test('a message with anything in it never ends the connection, nor hides the next', async (t) => {
  const next = generate(
    { cmd: 'publish', topic: 'next', payload: 'whole', qos: 0, retain: false, dup: false },
    { protocolVersion: 5 },
  );
  let givenUp = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyPublish, { maxLength: 20 }), cutsOf, async (messages, cuts) => {
      const { through, given, ended } = await filtered(Buffer.concat([...messages, next]), cuts, 5);
      givenUp += given.length;
      return ended === undefined && through.subarray(-next.length).equals(next);
    }),
    { numRuns: 300 },
  );
  t.ok(givenUp > 100, `${givenUp} of them were not to be read`);
});

t.test('a message that ends before its id is skipped', async (t) => {
  const cut = Buffer.from([0x32, 0x03, 0x00, 0x01, 0x61]);
  for (const version of [4, 5] as const) {
    const { through, back, given, ended } = await filtered(cut, [1], version);
    t.strictSame([through.length, back.length, ended], [0, 0, undefined]);
    t.strictSame(given, [{ topic: 'a', bytes: 5, reason: 'malformed' }]);
  }
});

t.test(
  'a message with thousands of properties is acknowledged and skipped, one with many is not',
  async (t) => {
    const packet = (properties: number, messageId: number): Buffer =>
      generate(
        {
          ...{ cmd: 'publish', topic: 'a', payload: '{}', qos: 1, retain: false, dup: false, messageId },
          properties: { userProperties: { k: Array(properties).fill('v') } },
        },
        { protocolVersion: 5 },
      );
    const [many, thousands] = [packet(2_000, 7), packet(3_000, 8)];
    const { through, back, given, ended } = await filtered(
      Buffer.concat([many, thousands, many]),
      [2000],
      5,
      65_536,
    );
    t.ok(through.equals(Buffer.concat([many, many])));
    t.strictSame([...back], [0x40, 2, 0, 8]);
    t.strictSame(given, [{ topic: 'a', bytes: thousands.length, reason: 'too many properties' }]);
    t.equal(ended, undefined);
  },
);

/** Properties of MQTT 5 that whoever publishes may set, and a broker passes on. */
const hostileProperties = fc.record(
  {
    payloadFormatIndicator: fc.boolean(),
    messageExpiryInterval: fc.nat(0xffffffff),
    contentType: fc.string(),
    responseTopic: fc.string({ minLength: 1 }),
    correlationData: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    userProperties: fc.dictionary(
      fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'constructor')),
      fc.string(),
    ),
  },
  { requiredKeys: [] },
);

t.test('200 hostile messages to a real agent client, retained ones too: one connection', async (t) => {
  const messages = fc.sample(
    fc.record({
      properties: hostileProperties,
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.constant(Buffer.alloc(70_000)),
      ),
      topic: fc.constantFrom(desired, 'edgepose/v1/box/state', 'edgepose/v1/box/cmd/ping'),
      retain: fc.boolean(),
    }),
    200,
  );
  const packets = messages.map(({ properties, ...message }, index) =>
    generate(
      {
        cmd: 'publish',
        ...message,
        properties: properties as never,
        qos: 1,
        dup: false,
        messageId: index + 1,
      },
      { protocolVersion: 5 },
    ),
  );
  // What the library cannot write is left out: a response topic with a wildcard, for one.
  const written = packets.filter(({ length }) => length > 0);
  t.ok(written.length > 100, `${written.length} messages`);
  await throughFakeBroker(t, written);
});

async function throughFakeBroker(t: Test, packets: readonly Buffer[]): Promise<void> {
  const acknowledged = new Set<number>();
  const broker = new FakeBroker((_, socket) => {
    acknowledgeAll(socket);
    onPacket(socket, (packet) => {
      if (packet.type === 'PUBACK') acknowledged.add(packet.body.readUInt16BE(0));
      if (packet.type === 'SUBSCRIBE' && packetId(packet) > 0 && acknowledged.size === 0) {
        for (const bytes of packets) socket.write(bytes);
      }
    });
    socket.write(connack(0));
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const ends: string[] = [];
  const problems: string[] = [];
  const publisher = startPublisher(t, {
    url: broker.url,
    onDisconnect: (reason) => ends.push(reason),
    onProblem: (text) => problems.push(text),
  });
  publisher.subscribe(desired, () => {
    throw new Error('a handler that fails');
  });
  await waitFor('all are acknowledged', () => acknowledged.size === packets.length);
  t.strictSame(ends, []);
  t.strictSame(
    problems.filter((text) => /fails/.test(text)),
    [`${desired}: a handler that fails`],
    'what a handler throws is told once',
  );
}
