import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import t, { type Test } from 'tap';
import type { CommandProcessFigures } from '../support/command-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { waitFor } from '../support/wait-for.js';

const seconds = process.env.EDGE_POSE_FULL === '1' ? 10 : 2;
const perSecond = 5000;
const warmUp = 2500;

/** The process that is flooded, and what it said of itself so far. */
function startTarget(t: Test, url: string): CommandProcessFigures[] {
  const script = join(import.meta.dirname, '../support/command-process.ts');
  const child = fork(script, [url], { execArgv: ['--import=tsx'] });
  t.teardown(() => child.kill('SIGKILL'));
  const history: CommandProcessFigures[] = [];
  child.on('message', (message) => history.push(message as CommandProcessFigures));
  return history;
}

/** Sends the request of that number; each has an id of its own, some are malformed, some ask for a topic that is
 *  not theirs. */
async function startFlooder(t: Test, url: string): Promise<(n: number) => void> {
  const client = await connectAsync(url, { protocolVersion: 5 });
  t.teardown(() => client.endAsync(true));
  return (n) => {
    const responseTopic = n % 10 === 0 ? 'edgepose/v1/box/state' : 'edgepose/client/flood';
    client.publish('edgepose/v1/box/cmd/ping', n % 7 === 0 ? 'no JSON' : '{}', {
      properties: { responseTopic, correlationData: Buffer.from(String(n)) },
    });
  };
}

/** Resolves to how many were sent. */
async function flood(send: (n: number) => void): Promise<number> {
  const begin = performance.now();
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    for (; sent < due; sent++) send(warmUp + sent);
    await delay(5);
  }
  return sent;
}

t.test(`${perSecond} commands a second for ${seconds} s`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const history = startTarget(t, broker.url);
  const now = () => history.at(-1) as CommandProcessFigures;
  await waitFor('connected', () => history.at(-1)?.connected === true, 20_000);
  const send = await startFlooder(t, broker.url);
  // A process that is older than this one has touched all of its young generation.
  for (let n = 0; n < warmUp; n++) send(n);
  await waitFor('warm', () => now().commands.received === warmUp);
  await delay(1500);

  const before = now();
  const sent = await flood(send);
  const last = now();
  const peak = Math.max(...history.slice(history.indexOf(before)).map(({ rssBytes }) => rssBytes));
  await delay(500);
  const after = now();

  const received = after.commands.received - before.commands.received;
  t.ok(received > sent / 2, `${received} of ${sent} sent were received`);
  const runs = after.runs - before.runs;
  t.ok(runs > 0 && runs <= 10 * (seconds + 1), `${runs} of them were run`);
  const { received: all, ...fates } = after.commands;
  t.equal(
    Object.values(fates).reduce((sum, count) => sum + count),
    all,
    'all are counted',
  );
  const grownMb = (peak - before.rssBytes) / 2 ** 20;
  t.ok(grownMb < 20, `resident memory grew by ${grownMb.toFixed(1)} MB`);
  // Of its own processor time, which a busy machine does not change as it does the rate of poses.
  const share = (last.cpuMs - before.cpuMs) / (last.at - before.at);
  t.ok(share < 0.4, `it took ${Math.round(share * 100)} % of a processor`);
  t.equal(after.mqtt.dropped, before.mqtt.dropped, `of ${after.poses - before.poses} poses none was dropped`);
  t.strictSame([after.connected, after.mqtt.reconnects], [true, 0]);
});
