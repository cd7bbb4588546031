import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import t, { type Test } from 'tap';
import type { BrokerFigures } from '../support/embedded-broker-process.js';
import { atScale, reached } from '../support/fault-figure.js';
import { MqttObserver } from '../support/mqtt-observer.js';

/** Seconds that each attack goes on. */
const seconds = atScale({ few: 1, tenth: 5, full: 60 });
const fault = 'embedded_broker';
const password = 'the-password-of-whoever-runs-the-agent';
const pose = 'edgepose/v1/box/cam/front/pose';

const login = {
  cmd: 'connect' as const,
  protocolId: 'MQTT' as const,
  protocolVersion: 4 as const,
  clientId: 'hostile',
  clean: true,
  keepalive: 0,
};
const connectBytes = generate(login);
const pingBytes = generate({ cmd: 'pingreq' });

function subscribeTo(topics: readonly string[], qos: 0 | 1 = 0): Buffer {
  return generate({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos })) });
}

function publishTo(topic: string, bytes: number, retain: boolean): Buffer {
  const payload = Buffer.alloc(bytes, 0x20);
  return generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain });
}

/** The sockets of an attack. */
class Attackers {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Sends `begin`, then `again` as fast as it is taken; reads nothing where `deaf`. */
  open(begin: Buffer | undefined, again?: () => Buffer, deaf = false): Socket {
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    if (!deaf) socket.resume();
    if (begin !== undefined) socket.write(begin);
    const more = (): void => {
      while (again !== undefined && !socket.destroyed && socket.write(again()));
    };
    socket.on('connect', more);
    socket.on('drain', more);
    return socket;
  }

  /** So many at any time: whoever is thrown out comes again. */
  keep(count: number, begin: Buffer | undefined, again?: () => Buffer, deaf = false): void {
    for (let n = 0; n < count; n++) {
      const one = (): void => {
        this.open(begin, again, deaf).on('close', () => {
          if (!this.#stopped) setTimeout(one, 5);
        });
      };
      one();
    }
  }

  #stopped = false;

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

const many = (bytes: Buffer, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => bytes));

/** Packets of MQTT with some bytes changed, as many as one likes. */
function mutants(): () => Buffer {
  const honest = [connectBytes, pingBytes, subscribeTo(['#', '+/a']), publishTo(pose, 20, true)];
  const samples = fc.sample(
    fc.record({
      packet: fc.constantFrom(...honest),
      mutations: fc.array(fc.record({ at: fc.nat(60), byte: fc.nat(255) }), { maxLength: 4 }),
      length: fc.nat(80),
    }),
    2000,
  );
  let next = 0;
  return () => {
    const { packet, mutations, length } = samples[next++ % samples.length] as (typeof samples)[number];
    const bytes = Buffer.from(packet);
    for (const { at, byte } of mutations) bytes[at % bytes.length] = byte;
    return bytes.subarray(0, Math.max(1, length));
  };
}

const attacks: Record<string, (attackers: Attackers) => void> = {
  '1,000 connections': (attackers) => attackers.keep(1000, connectBytes),
  'connections that say nothing': (attackers) => attackers.keep(200, undefined),
  'packets of 256 MiB': (attackers) => {
    const block = Buffer.alloc(65_536);
    attackers.keep(
      20,
      Buffer.concat([connectBytes, Buffer.from([0x31, 0xff, 0xff, 0xff, 0x7f])]),
      () => block,
    );
  },
  'huge retained messages': (attackers) => {
    const bytes = publishTo('edgepose/v1/box/config/desired', 2 * 1024 * 1024, true);
    attackers.keep(20, connectBytes, () => bytes);
  },
  'a flood of small packets': (attackers) => {
    const block = many(pingBytes, 10_000);
    attackers.keep(40, connectBytes, () => block);
  },
  'a flood of subscriptions': (attackers) => {
    const block = many(
      subscribeTo(['#', 'edgepose/#', '+/+/+/#', ...Array.from({ length: 30 }, (_, n) => `a/${n}`)]),
      20,
    );
    attackers.keep(40, connectBytes, () => block);
  },
  'long and deep topics': (attackers) => {
    const block = many(subscribeTo(['x'.repeat(3000), 'a/'.repeat(1500), '+/'.repeat(1000)]), 5);
    attackers.keep(20, connectBytes, () => block);
  },
  'a flood of messages': (attackers) => {
    const block = many(publishTo('edgepose/v1/box/cmd/restart', 2, false), 1000);
    attackers.keep(20, connectBytes, () => block);
  },
  'readers that take nothing': (attackers) => {
    attackers.keep(
      60,
      Buffer.concat([connectBytes, subscribeTo(['#', 'edgepose/#', '+/#'], 1)]),
      undefined,
      true,
    );
  },
  'what is no MQTT': (attackers) => {
    const mutant = mutants();
    attackers.keep(20, undefined, mutant);
    attackers.keep(20, connectBytes, mutant);
  },
  'one byte at a time': (attackers) => {
    const sockets = Array.from({ length: 40 }, () => attackers.open(undefined));
    const bytes = publishTo(pose, 8000, true);
    let at = 0;
    const timer = setInterval(() => {
      for (const socket of sockets)
        if (!socket.destroyed) socket.write(bytes.subarray(at % bytes.length).subarray(0, 1));
      at += 1;
      if (sockets.every(({ destroyed }) => destroyed)) clearInterval(timer);
    }, 2);
  },
};

/** Figures of the process since they were last asked for. */
async function ask(child: ChildProcess): Promise<BrokerFigures> {
  child.send('figures');
  const [figures] = await once(child, 'message');
  return figures as BrokerFigures;
}

async function start(t: Test): Promise<{ child: ChildProcess; url: string }> {
  const script = join(import.meta.dirname, '../support/embedded-broker-process.ts');
  const child = fork(script, [password], { execArgv: ['--import=tsx', '--expose-gc'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return { child, url };
}

t.test('hostile clients cost no pose and little memory', async (t) => {
  const { child, url } = await start(t);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const reader = await MqttObserver.connect(url, pose, { protocolVersion: 4 });
  t.teardown(() => reader.close());
  await delay(2000);
  const before = await ask(child);
  const grown: number[] = [];
  const held: number[] = [];
  for (const [name, attack] of Object.entries(attacks)) {
    const heard = reader.messages.length;
    const first = await ask(child);
    const attackers = new Attackers(url);
    attack(attackers);
    await delay(seconds * 1000);
    const { sent, dropped, rssMb, loopP99Ms, reconnects, cpuMs, heldMb } = await ask(child);
    const arrived = reader.messages.length - heard;
    attackers.stop();
    grown.push(rssMb - first.rssMb);
    held.push(heldMb - before.heldMb);
    const memory = `+${(rssMb - first.rssMb).toFixed(1)} MB, ${(heldMb - before.heldMb).toFixed(1)} MB held`;
    t.comment(`${name}: ${memory}, CPU ${Math.round(cpuMs)} ms, loop p99 ${Math.round(loopP99Ms)} ms`);
    t.equal(dropped, before.dropped, `${name}: nothing is dropped`);
    t.equal(reconnects, 0, `${name}: the agent's client stays connected`);
    t.ok(arrived > 0 && sent > first.sent, `${name}: poses go out and arrive`);
    await delay(200);
  }
  t.equal(ended, false, 'the process lives');
  const owner = await connectAsync(url, { protocolVersion: 4, username: 'owner', password });
  await owner.endAsync();
  await delay(500);
  const { sent } = await ask(child);
  const seqs = reader.messages.map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
  const lost = (seqs.at(-1) as number) - (seqs[0] as number) + 1 - seqs.length;
  t.ok(sent - (seqs.at(-1) as number) <= 3, 'the newest is there');
  reached(t, {
    fault,
    what: `poses lost by a reader under ${Object.keys(attacks).length} attacks`,
    value: lost,
    exactly: 0,
  });
  reached(t, {
    fault,
    what: 'resident memory taken by one of them',
    value: Math.max(...grown),
    unit: 'MB',
    atMost: 20,
  });
  reached(t, {
    fault,
    what: 'memory held during one of them',
    value: Math.max(...held),
    unit: 'MB',
    atMost: 20,
  });
});
