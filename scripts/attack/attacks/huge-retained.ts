import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Attack, Outcome } from '../attack.js';
import { base } from '../victim.js';

/** Retained messages that the agent cannot take, on a broker of its owner. */
export const hugeRetained: Attack = {
  title: 'retained messages that cannot be taken',
  async run(arena) {
    const outcomes: Outcome[] = [];
    for (const [what, topics, payload] of [
      ['2 MiB on config/desired', [`${base}/config/desired`], Buffer.alloc(2 ** 21, 'x')],
      ['400 statuses of cameras that nobody knows', junkTopics(400), Buffer.from('{"status":"online"}')],
    ] as const) {
      const broker = await arena.broker();
      const owner = await connectAsync(broker.url, { protocolVersion: 5 });
      arena.atEnd(() => owner.endAsync(true));
      for (const topic of topics) await owner.publishAsync(topic, payload, { qos: 1, retain: true });
      const victim = await arena.victim({ broker });
      const held = await victim.hasPoses(3);
      await sleep(3000);
      const connections = broker.log.split('\n').filter((line) => / as test-box /.test(line)).length;
      const seen = `${held ? 'poses come' : 'no poses'}, ${connections} connections`;
      outcomes.push({ what, held: held && connections <= 2, seen });
      await victim.end();
    }
    return outcomes;
  },
};

function junkTopics(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${base}/cam/junk-${n}/status`);
}
