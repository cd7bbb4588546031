import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { removeBrokerFiles, writeBrokerFiles, writtenBrokerUrl } from '../../src/mqtt/broker-files.js';
import { drawPassword, isPassword } from '../../src/mqtt/owner-password.js';

function stateDir(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'owner-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const folderOf = (state: string): string => join(state, 'broker');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

t.test('no two starts have the same password, and only the whole one is taken', async (t) => {
  const password = drawPassword();
  t.match(password, /^[\w-]{43}$/);
  t.not(drawPassword(), password);
  t.equal(isPassword(Buffer.from(password), password), true);
  for (const wrong of ['', 'x', `${password}x`, password.slice(1)]) {
    t.equal(isPassword(Buffer.from(wrong), password), false);
  }
});

t.test('what others could have made in the place of the password is replaced', async (t) => {
  const outside = join(stateDir(t), 'elsewhere');
  writeFileSync(outside, 'old', { mode: 0o600 });
  const cases: [string, (path: string) => void][] = [
    ['one of the last start', (path) => writeFileSync(path, 'old', { mode: 0o600 })],
    ['open to all', (path) => writeFileSync(path, 'old', { mode: 0o666 })],
    ['a link', (path) => symlinkSync(outside, path)],
  ];
  for (const [name, make] of cases) {
    const state = stateDir(t);
    mkdirSync(folderOf(state), { mode: 0o700 });
    make(join(folderOf(state), 'password'));
    await writeBrokerFiles(state, { url: 'mqtt://127.0.0.1:18830', password: 'new' });
    t.equal(readFileSync(join(folderOf(state), 'password'), 'utf8'), 'new\n', name);
    t.equal(modeOf(join(folderOf(state), 'password')), 0o600, name);
  }
  t.equal(readFileSync(outside, 'utf8'), 'old', 'what a link named is as it was');
});

t.test('where the broker is, and how to log in, is there while it runs', async (t) => {
  const state = stateDir(t);
  t.equal(writtenBrokerUrl(state), undefined);
  await writeBrokerFiles(state, { url: 'mqtt://127.0.0.1:18830', password: 'secret' });
  t.equal(writtenBrokerUrl(state), 'mqtt://127.0.0.1:18830');
  for (const name of readdirSync(folderOf(state))) {
    t.equal(modeOf(join(folderOf(state), name)), 0o600, name);
  }
  for (const name of ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr']) {
    const text = readFileSync(join(folderOf(state), name), 'utf8');
    t.equal(text, '-h 127.0.0.1\n-p 18830\n-u owner\n-P secret\n');
  }
  writeFileSync(join(folderOf(state), 'url'), 'mqtt://attacker:1883');
  t.equal(writtenBrokerUrl(state), undefined, 'nothing but loopback is believed');
  removeBrokerFiles(state);
  t.strictSame(readdirSync(folderOf(state)), [], 'nothing is left');
  removeBrokerFiles(state);
});
