import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { CommandFlood, floodPerSecond } from '../support/command-flood.js';
import type { CommandProcessFigures } from '../support/command-process.js';
import { atScale, reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'flood';
const seconds = atScale({ few: 2, tenth: 10, full: 10 });
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

function runsWithinASecond(from: CommandProcessFigures, history: readonly CommandProcessFigures[]): number {
  const later = history.filter(({ at }) => at >= from.at && at <= from.at + 1000);
  return (later.at(-1)?.runs ?? from.runs) - from.runs;
}

t.test(`${floodPerSecond} commands a second for ${seconds} s`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const history = startTarget(t, broker.url);
  const now = () => history.at(-1) as CommandProcessFigures;
  await waitFor('connected', () => history.at(-1)?.connected === true, 20_000);
  const flood = await CommandFlood.connect(t, { url: broker.url, base: 'edgepose/v1/box' });
  // A process that is older than this one has touched all of its young generation.
  flood.burst(warmUp);
  await waitFor('warm', () => now().commands.received === warmUp);
  await delay(1500);

  const before = now();
  const sent = await flood.run(seconds);
  const last = now();
  const peak = Math.max(...history.slice(history.indexOf(before)).map(({ rssBytes }) => rssBytes));
  await delay(500);
  const after = now();

  const received = after.commands.received - before.commands.received;
  t.ok(received > sent / 2, `${received} of ${sent} sent were received`);
  const runs = after.runs - before.runs;
  t.ok(runs > 0, `${runs} of them were run`);
  const most = Math.max(...history.map((from) => runsWithinASecond(from, history)));
  reached(t, { fault, what: 'commands run in any second', value: most, atMost: 10 });
  const { received: all, ...fates } = after.commands;
  t.equal(
    Object.values(fates).reduce((sum, count) => sum + count),
    all,
    'all are counted',
  );
  const grown = (peak - before.rssBytes) / 2 ** 20;
  reached(t, { fault, what: 'memory of the flooded grew by', value: grown, unit: 'MB', atMost: 20 });
  // Of its own processor time, which a busy machine does not change as it does the rate of poses.
  const share = (last.cpuMs - before.cpuMs) / (last.at - before.at);
  t.ok(share < 0.4, `it took ${Math.round(share * 100)} % of a processor`);
  t.equal(after.mqtt.dropped, before.mqtt.dropped, `of ${after.poses - before.poses} poses none was dropped`);
  t.strictSame([after.connected, after.mqtt.reconnects], [true, 0]);
});
