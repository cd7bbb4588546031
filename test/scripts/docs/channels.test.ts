import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { connectAsync, type IPublishPacket } from 'mqtt';
import { type IConnectPacket, parser } from 'mqtt-packet';
import t, { type Test } from 'tap';
import {
  agentConnection,
  baseTopic,
  type Channel,
  channels,
  parametersOf,
} from '../../../scripts/docs/channels.js';
import { AgentProcess } from '../../support/agent-process.js';
import { Mosquitto } from '../../support/mosquitto.js';
import { waitFor } from '../../support/wait-for.js';

/** A way to the broker that keeps the packet with which the first client introduces itself. */
async function wiretap(
  t: Test,
  brokerPort: number,
): Promise<{ url: string; introduced: Promise<IConnectPacket> }> {
  let tell: (packet: IConnectPacket) => void;
  const introduced = new Promise<IConnectPacket>((resolve) => {
    tell = resolve;
  });
  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1');
    const packets = parser();
    packets.on('packet', (packet) => packet.cmd === 'connect' && tell(packet));
    client.once('data', (bytes) => packets.parse(bytes));
    client.pipe(broker).pipe(client);
    for (const socket of [client, broker]) {
      socket.on('error', () => socket.destroy());
      t.teardown(() => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, introduced };
}

interface Heard {
  topic: string;
  payload: unknown;
  packet: IPublishPacket;
}

function channelOf(topic: string): Channel | undefined {
  const pattern = (channel: Channel) =>
    `^${baseTopic}/${channel.topic}$`.replaceAll(/\{\w+\}/g, '[a-z0-9-]{1,64}');
  return channels.find((channel) => new RegExp(pattern(channel)).test(topic));
}

t.test('the table of channels says what a running agent does', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const { url, introduced } = await wiretap(t, mosquitto.port);
  const heard: Heard[] = [];
  const observer = await connectAsync(mosquitto.url, { protocolVersion: 5 });
  observer.on('message', (topic, payload, packet) =>
    heard.push({ topic, payload: JSON.parse(payload.toString()), packet }),
  );
  await observer.subscribeAsync('#', { qos: 1, rap: true });
  const agent = new AgentProcess(['run', '--mqtt', url], {
    model: { id: 'blazepose-lite' },
    stats: { interval_s: 1 },
  });
  t.teardown(async () => {
    await agent.remove();
    await observer.endAsync(true);
    await mosquitto.stop();
  });
  const expected = ['state', 'info', 'stats', 'pose', 'camera-status'];
  const names = () => new Set(heard.map(({ topic }) => channelOf(topic)?.name));
  await waitFor('every kind of message', () => expected.every((name) => names().has(name)), 20_000);

  for (const { topic, payload, packet } of heard) {
    const channel = channelOf(topic);
    if (channel === undefined) {
      t.fail(`${topic} is not in the table`);
      continue;
    }
    const { qos, retain, expirySeconds, from, messages } = channel;
    const { messageExpiryInterval } = packet.properties ?? {};
    t.match({ qos: packet.qos, retain: packet.retain }, { qos, retain }, topic);
    t.ok((messageExpiryInterval ?? 0) <= (expirySeconds ?? 0), `${topic} expires`);
    t.equal(messageExpiryInterval === undefined, expirySeconds === undefined, `${topic} expires`);
    t.equal(from, 'agent', topic);
    t.ok(
      messages.some((message) => message.payload.safeParse(payload).success),
      `${topic}: payload`,
    );
  }

  const { clientId, clean, keepalive, properties, will } = await introduced;
  t.match(
    { clientId, clean, keepalive, properties, will },
    {
      clientId: 'test-box',
      clean: false,
      keepalive: agentConnection.keepAlive,
      properties: {
        sessionExpiryInterval: agentConnection.sessionExpiry,
        maximumPacketSize: agentConnection.maximumPacketSize,
      },
      will: {
        topic: 'edgepose/v1/test-box/state',
        qos: 1,
        retain: true,
        properties: { willDelayInterval: agentConnection.willDelay },
      },
    },
  );
});

t.test('the table is complete in itself', async (t) => {
  const names = channels.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'no name twice');
  const messages = channels.flatMap((channel) => channel.messages.map(({ name }) => name));
  t.equal(new Set(messages).size, messages.length, 'no message twice');
  for (const { name, topic, answeredOn, messages, qos, retain, expirySeconds } of channels) {
    t.not(messages.length, 0, `${name} has messages`);
    if (answeredOn !== undefined) t.ok(names.includes(answeredOn), `${name} is answered on ${answeredOn}`);
    t.ok(new Set(parametersOf(topic)).size === parametersOf(topic).length, `${name}: no parameter twice`);
    // Where a payload's own description speaks of delivery, it says the same.
    const [described] = messages.map(({ payload }) => payload.description ?? '');
    const said = /QoS (\d), (not )?retained/.exec(described ?? '');
    if (said) t.same([Number(said[1]), said[2] === undefined], [qos, retain], `${name}: ${described}`);
    const expiry = /expires after (\d+) s/.exec(described ?? '')?.[1];
    if (expiry !== undefined) t.equal(Number(expiry), expirySeconds, `${name}: ${described}`);
  }
});
