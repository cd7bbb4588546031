import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { outages, outagesTimeoutMs, sufferOutages } from '../support/broker-outages.js';
import type { CommandProcessFigures } from '../support/command-process.js';
import { Mosquitto } from '../support/mosquitto.js';
import { waitFor } from '../support/wait-for.js';

t.setTimeout(outagesTimeoutMs);

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

  await sufferOutages(t, broker, {
    name: 'publisher',
    isOnline: () => now?.connected === true,
    rssMb: () => (now?.rssBytes ?? Number.NaN) / 2 ** 20,
    queued: () => now?.mqtt.queued ?? Number.NaN,
  });
  t.equal(child.exitCode, null, 'it lives');
  t.equal(now?.mqtt.reconnects, outages.length, 'one connect for each outage');
});
