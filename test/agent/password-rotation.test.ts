import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { mqttPassword } from '../../src/config/mqtt-password.js';
import type { Config } from '../../src/config/schema.js';
import { Mosquitto } from '../support/mosquitto.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

/** As an operator does it: the broker first, then the box. */
t.test('a password that is changed on the broker and in its file: back by itself', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const accounts = join(folder, 'accounts');
  const secret = join(folder, 'secret');
  const setPassword = (password: string): void => {
    execFileSync('mosquitto_passwd', ['-c', '-b', accounts, 'box', password], { stdio: 'ignore' });
  };
  setPassword('first');
  writeFileSync(secret, 'first\n', { mode: 0o600 });
  const broker = await Mosquitto.require(t, ['allow_anonymous false', `password_file ${accounts}`]);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const reasons: string[] = [];
  const mqtt = { url: broker.url, username: 'box', password_file: secret } as Config['mqtt'];
  const publisher = startPublisher(t, {
    url: broker.url,
    username: 'box',
    password: () => mqttPassword(mqtt),
    backoff: { minMs: 20, maxMs: 100 },
    onDisconnect: (reason) => reasons.push(reason),
  });
  await waitFor('connected', () => publisher.connected);

  setPassword('second');
  await broker.kill();
  await broker.start();
  await waitFor('refused', () => reasons.some((reason) => /Not authorized/.test(reason)));
  // The file is gone for a moment, and then empty for another.
  rmSync(secret);
  await waitFor('the file is missed', () =>
    reasons.some((reason) => /secret, which gives ENOENT/.test(reason)),
  );
  writeFileSync(secret, '', { mode: 0o600 });
  await waitFor('it is empty', () => reasons.some((reason) => /secret, where that is empty/.test(reason)));
  await delay(100);
  t.equal(publisher.connected, false);
  writeFileSync(`${secret}.new`, 'second\n', { mode: 0o600 });
  renameSync(`${secret}.new`, secret);
  await waitFor('connected again', () => publisher.connected);
  t.notMatch(reasons.join(), /first|second/);
});
