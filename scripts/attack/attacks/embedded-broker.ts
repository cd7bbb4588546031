import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { freePort } from '../../../test/support/free-port.js';
import { MqttObserver } from '../../../test/support/mqtt-observer.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { addresses } from '../addresses.js';
import type { Arena } from '../arena.js';
import type { Attack, Outcome } from '../attack.js';
import { base } from '../victim.js';

const mebibyte = 2 ** 20;
const mostMb = 20;
const leastRate = 0.95;

/** What another user of the same machine can do to the broker inside the agent. */
export const embeddedBroker: Attack = {
  title: 'other users of the machine against the embedded broker',
  async run(arena) {
    return [...(await writing(arena)), await hugeRetained(arena), await crowd(arena), await takenPort(arena)];
  },
};

async function ownBroker(arena: Arena) {
  const port = await freePort();
  const victim = await arena.alone({ config: { mqtt: { embedded_port: port } } });
  const url = `mqtt://${addresses.loopback}:${port}`;
  let observer: MqttObserver | undefined;
  await waitFor('the embedded broker', async () => {
    observer = await MqttObserver.connect(url, `${base}/#`, { protocolVersion: 4, reconnectPeriod: 0 }).catch(
      () => undefined,
    );
    return observer !== undefined;
  });
  const seen = await arena.observer(Promise.resolve(observer as MqttObserver));
  const poses = (): number => seen.of(`${base}/cam/cam0/pose`).length;
  await waitFor('poses', () => poses() > 5, 30_000);
  return { victim, port, url, observer: seen, poses };
}

async function writing(arena: Arena): Promise<Outcome[]> {
  const { url, observer } = await ownBroker(arena);
  const stranger = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 });
  arena.atEnd(() => stranger.end(true));
  // A broker may refuse by ending the connection.
  stranger.on('error', () => {});
  const publish = (topic: string, text: string) =>
    Promise.race([stranger.publishAsync(topic, text, { qos: 1 }).catch(() => {}), sleep(1000)]);
  await publish(`${base}/cmd/log-level`, JSON.stringify({ id: 'a', args: { level: 'trace', seconds: 60 } }));
  await publish(`${base}/cmd/ping`, JSON.stringify({ id: 'b', args: {} }));
  await publish(
    `${base}/config/desired`,
    JSON.stringify({ version: 1, id: 'c', config: { stats: { interval_s: 7 } } }),
  );
  await sleep(2000);
  const reports = observer.of(`${base}/config/reported`).filter(({ text }) => text.includes('"version":1,'));
  const answers = observer.messages.filter(({ topic }) => topic.endsWith('/resp'));
  return [
    {
      what: 'a stranger publishes config/desired',
      held: reports.length === 0,
      seen: `${reports.length} reports`,
    },
    {
      what: 'a stranger publishes cmd/ping, cmd/log-level',
      held: answers.length === 0,
      seen: `${answers.length} answers`,
    },
  ];
}

/** Larger than the agent takes, and kept by the broker for every connection to come. */
async function hugeRetained(arena: Arena): Promise<Outcome> {
  const { url, poses } = await ownBroker(arena);
  const stranger = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 });
  arena.atEnd(() => stranger.end(true));
  stranger.on('error', () => {});
  const payload = Buffer.alloc(2 * mebibyte, 'x');
  await Promise.race([
    stranger.publishAsync(`${base}/config/desired`, payload, { qos: 1, retain: true }).catch(() => {}),
    sleep(2000),
  ]);
  await sleep(1000);
  const before = poses();
  await sleep(4000);
  const rate = (poses() - before) / 4;
  const seen = `${rate.toFixed(1)} poses a second afterwards`;
  return { what: 'a retained message of 2 MiB on config/desired', held: rate > 5, seen };
}

/** A thousand connections that say nothing, a hundred that never read, and a flood of what is no MQTT. */
async function crowd(arena: Arena): Promise<Outcome> {
  const { victim, port, poses } = await ownBroker(arena);
  await sleep(3000);
  const rateOver = async (ms: number): Promise<number> => {
    const before = poses();
    await sleep(ms);
    return ((poses() - before) * 1000) / ms;
  };
  const usual = await rateOver(5000);
  const memory = victim.memoryMb();
  const sockets: Socket[] = [];
  arena.atEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  const open = (greeting: Buffer): void => {
    const socket = connect(port, addresses.loopback).on('error', () => {});
    socket.write(greeting);
    socket.pause();
    sockets.push(socket);
  };
  for (let n = 0; n < 1000; n++) open(Buffer.alloc(0));
  for (let n = 0; n < 100; n++) open(Buffer.concat([hello(`slow-${n}`), subscribeToAll()]));
  for (let n = 0; n < 20; n++) open(Buffer.alloc(mebibyte, 0x30));
  const during = await rateOver(8000);
  const grown = victim.memoryMb() - memory;
  const held = during >= leastRate * usual && grown <= mostMb;
  const seen = `${during.toFixed(1)} poses a second beside ${usual.toFixed(1)}, memory ${grown > 0 ? '+' : ''}${grown.toFixed(1)} MB`;
  return { what: '1,000 silent connections, 100 slow readers, 20 floods', held, seen };
}

/** The agent is a service, and somebody was there before it. */
async function takenPort(arena: Arena): Promise<Outcome> {
  const port = await freePort();
  const squatter = createServer(() => {}).listen(port, addresses.loopback);
  await once(squatter, 'listening');
  arena.atEnd(() => squatter.close());
  const victim = await arena.alone({
    config: { mqtt: { embedded_port: port } },
    environment: { NOTIFY_SOCKET: '@attack-nobody-listens' },
  });
  await sleep(5000);
  const held = victim.agent.child.exitCode === null && victim.agent.children().length > 0;
  return {
    what: 'its port is taken before the service starts',
    held,
    seen: held ? 'the service runs' : 'the service ended',
  };
}

/** CONNECT of MQTT 3.1.1 with a clean session. */
function hello(id: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, 0, 60]),
    text(id),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

function subscribeToAll(): Buffer {
  const body = Buffer.concat([Buffer.from([0, 1]), text('#'), Buffer.from([0])]);
  return Buffer.concat([Buffer.from([0x82, body.length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
