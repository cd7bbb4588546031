import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { CommandProcessFigures } from '../support/command-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { waitFor } from '../support/wait-for.js';

const full = process.env.EDGE_POSE_FULL === '1';
/** Seconds; every sixteenth outage of the full count is a long one. */
const outages = full ? Array.from({ length: 50 }, (_, n) => (n % 16 === 15 ? 60 : 2)) : [0.5, 0.5, 0.5];
/** With this between two outages, the pauses begin anew with each. */
const stableMs = full ? 11_000 : 0;
t.setTimeout(outages.reduce((sum, seconds) => sum + seconds + 50, 60) * 1000);

t.test(`a broker killed ${outages.length} times at 30 poses a second`, async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const child = fork(join(import.meta.dirname, '../support/command-process.ts'), [broker.url], {
    execArgv: ['--import=tsx'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let now: CommandProcessFigures | undefined;
  child.on('message', (message) => {
    now = message as CommandProcessFigures;
  });
  await waitFor('connected', () => now?.connected === true, 20_000);
  await delay(3000);

  const before = now as CommandProcessFigures | undefined;
  const begin = performance.now();
  const backMs: number[] = [];
  for (const seconds of outages) {
    await broker.kill();
    await waitFor('loss seen', () => now?.connected === false);
    await delay(seconds * 1000);
    await broker.start();
    backMs.push(await waitFor('online again', () => now?.connected === true, 35_000));
    await delay(stableMs);
  }
  await waitFor('all is acknowledged', () => now?.mqtt.queued === 0);

  t.equal(child.exitCode, null, 'it lives');
  t.ok(Math.max(...backMs) <= 35_000, `online again after at most ${Math.round(Math.max(...backMs))} ms`);
  const minutes = (performance.now() - begin) / 60_000;
  const connects = now?.mqtt.reconnects ?? 0;
  t.equal(connects, outages.length);
  t.ok(connects <= 10 * Math.max(1, minutes), `${connects} connects in ${minutes.toFixed(1)} minutes`);
  const grownMb = ((now?.rssBytes ?? 0) - (before?.rssBytes ?? 0)) / 2 ** 20;
  t.ok(grownMb < 10, `resident memory grew by ${grownMb.toFixed(1)} MB`);
});
