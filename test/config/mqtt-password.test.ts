import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load-config.js';
import { mqttPassword } from '../../src/config/mqtt-password.js';

const mqtt = (environment: Record<string, string>) => loadConfig({ environment }).config.mqtt;

t.test('from the key, from a file, from nowhere', async (t) => {
  const surroundings = { environment: {} };
  t.equal(mqttPassword(mqtt({}), surroundings), undefined);
  t.equal(mqttPassword(mqtt({ EDGE_POSE_MQTT__PASSWORD: ' p w ' }), surroundings), ' p w ');
  const file = join(t.testdir(), 'password');
  const fromFile = mqtt({ EDGE_POSE_MQTT__PASSWORD_FILE: file });
  t.throws(() => mqttPassword(fromFile), { code: 'CONFIG_INVALID', message: /password_file.*ENOENT/ });
  writeFileSync(file, 'one \r\n');
  t.equal(mqttPassword(fromFile), 'one ');
  writeFileSync(file, 'two');
  t.equal(mqttPassword(fromFile), 'two', 'a changed file is taken over');
});

t.test('a file that others may read is worth a warning', async (t) => {
  const file = join(t.testdir(), 'password');
  writeFileSync(file, 'c4n4ry\n');
  const fromFile = mqtt({ EDGE_POSE_MQTT__PASSWORD_FILE: file });
  const warnings: string[] = [];
  const read = (mode: number) => {
    chmodSync(file, mode);
    return mqttPassword(fromFile, { onWarning: (text) => warnings.push(text) });
  };
  t.equal(read(0o600), 'c4n4ry');
  t.same(warnings, []);
  t.equal(read(0o604), 'c4n4ry');
  t.equal(read(0o640), 'c4n4ry');
  t.match(warnings, [/\(mode 0604\): chmod 600/, /\(mode 0640\): chmod 600/]);
  t.notMatch(warnings.join(), 'c4n4ry');
});

t.test('systemd’s credential, where nothing else is set', async (t) => {
  const folder = t.testdir();
  const reading = {
    environment: { CREDENTIALS_DIRECTORY: folder },
    onWarning: (text: string) => t.fail(text),
  };
  const url = { EDGE_POSE_MQTT__URL: 'mqtt://h' };
  t.equal(mqttPassword(mqtt(url), reading), undefined, 'there is none');
  writeFileSync(join(folder, 'mqtt-password'), 'from-systemd\n');
  // The access list with which systemd lets a service in shows as the group's permission.
  chmodSync(join(folder, 'mqtt-password'), 0o440);
  t.equal(mqttPassword(mqtt(url), reading), 'from-systemd');
  t.equal(mqttPassword(mqtt({ ...url, EDGE_POSE_MQTT__PASSWORD: 'key' }), reading), 'key');
  t.equal(mqttPassword(mqtt({}), reading), undefined, 'the broker inside the agent asks for none');
  t.equal(mqttPassword(mqtt(url), { environment: {} }), undefined);
  const other = t.testdir({ other: {} });
  mkdirSync(join(other, 'other', 'mqtt-password'));
  t.throws(() => mqttPassword(mqtt(url), { environment: { CREDENTIALS_DIRECTORY: join(other, 'other') } }), {
    code: 'CONFIG_INVALID',
    message: /EISDIR/,
  });
});
