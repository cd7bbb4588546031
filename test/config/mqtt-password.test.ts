import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load-config.js';
import { mqttPassword } from '../../src/config/mqtt-password.js';

t.test('from the key, from a file, from nowhere', async (t) => {
  const mqtt = (environment: Record<string, string>) => loadConfig({ environment }).config.mqtt;
  t.equal(mqttPassword(mqtt({})), undefined);
  t.equal(mqttPassword(mqtt({ EDGE_POSE_MQTT__PASSWORD: ' p w ' })), ' p w ');
  const file = join(t.testdir(), 'password');
  const fromFile = mqtt({ EDGE_POSE_MQTT__PASSWORD_FILE: file });
  t.throws(() => mqttPassword(fromFile), { code: 'CONFIG_INVALID', message: /password_file.*ENOENT/ });
  writeFileSync(file, 'one \r\n');
  t.equal(mqttPassword(fromFile), 'one ');
  writeFileSync(file, 'two');
  t.equal(mqttPassword(fromFile), 'two', 'a changed file is taken over');
});
