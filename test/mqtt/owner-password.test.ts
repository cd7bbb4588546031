import {
  chmodSync,
  existsSync,
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
import { brokerFolder, isPassword, ownerPassword, passwordFile } from '../../src/mqtt/owner-password.js';

function stateDir(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'owner-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

t.test('a password is made once, for its owner alone', async (t) => {
  const state = stateDir(t);
  const notices: string[] = [];
  const password = await ownerPassword(state, (text) => notices.push(text));
  t.match(password, /^[\w-]{43}$/);
  t.equal(modeOf(passwordFile(state)), 0o600);
  t.equal(modeOf(brokerFolder(state)), 0o700);
  t.equal(await ownerPassword(state, (text) => notices.push(text)), password, 'kept between starts');
  t.not(await ownerPassword(stateDir(t), () => {}), password);
  t.strictSame(notices, []);
  t.equal(isPassword(Buffer.from(password as string), password as string), true);
  for (const wrong of ['', 'x', `${password}x`, (password as string).slice(1)]) {
    t.equal(isPassword(Buffer.from(wrong), password as string), false);
  }
});

t.test('a file that others could have read or made, or that is damaged, is replaced', async (t) => {
  const outside = join(stateDir(t), 'elsewhere');
  const good = 'A'.repeat(43);
  writeFileSync(outside, good, { mode: 0o600 });
  const cases: [string, (path: string) => void, RegExp][] = [
    ['open to its group', (path) => writeFileSync(path, good, { mode: 0o640 }), /open to others/],
    ['open to all', (path) => [writeFileSync(path, good), chmodSync(path, 0o604)], /open to others/],
    ['a link', (path) => symlinkSync(outside, path), /is a link/],
    ['empty', (path) => writeFileSync(path, '', { mode: 0o600 }), /damaged/],
    ['cut', (path) => writeFileSync(path, good.slice(1), { mode: 0o600 }), /damaged/],
    ['zeroed', (path) => writeFileSync(path, Buffer.alloc(43), { mode: 0o600 }), /damaged/],
    ['huge', (path) => writeFileSync(path, 'A'.repeat(1_000_000), { mode: 0o600 }), /damaged/],
  ];
  for (const [name, make, notice] of cases) {
    const state = stateDir(t);
    mkdirSync(brokerFolder(state), { mode: 0o700 });
    make(passwordFile(state));
    const notices: string[] = [];
    const password = await ownerPassword(state, (text) => notices.push(text));
    t.match(password, /^[\w-]{43}$/, name);
    t.not(password, good, name);
    t.match(notices, [notice], name);
    t.equal(modeOf(passwordFile(state)), 0o600, name);
    t.equal(readFileSync(passwordFile(state), 'utf8'), `${password}\n`, name);
  }
  t.equal(readFileSync(outside, 'utf8'), good, 'what a link named is as it was');
});

t.test('where nothing can be stored nobody may write, and the agent starts', async (t) => {
  const state = stateDir(t);
  writeFileSync(brokerFolder(state), 'a file where the folder would be');
  const notices: string[] = [];
  t.equal(await ownerPassword(state, (text) => notices.push(text)), undefined);
  t.match(notices, [/cannot be read/, /cannot be written .*: nobody may publish/]);
});

t.test('where the broker is, and how to log in, is there while it runs', async (t) => {
  const state = stateDir(t);
  t.equal(writtenBrokerUrl(state), undefined);
  await writeBrokerFiles(state, { url: 'mqtt://127.0.0.1:18830', password: 'secret' });
  t.equal(writtenBrokerUrl(state), 'mqtt://127.0.0.1:18830');
  for (const name of readdirSync(brokerFolder(state))) {
    t.equal(modeOf(join(brokerFolder(state), name)), 0o600, name);
  }
  for (const name of ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr']) {
    const text = readFileSync(join(brokerFolder(state), name), 'utf8');
    t.equal(text, '-h 127.0.0.1\n-p 18830\n-u owner\n-P secret\n');
  }
  writeFileSync(join(brokerFolder(state), 'url'), 'mqtt://attacker:1883');
  t.equal(writtenBrokerUrl(state), undefined, 'nothing but loopback is believed');
  removeBrokerFiles(state);
  t.equal(existsSync(join(brokerFolder(state), 'mosquitto_pub')), false);
  removeBrokerFiles(state);
});
