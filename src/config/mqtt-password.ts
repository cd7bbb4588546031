import { readFileSync } from 'node:fs';
import { ConfigInvalidError } from './config-problem.js';
import type { Config } from './schema.js';

/**
 * The password to log in with: the key itself, or the first line of the file it names, read at every call so that
 * a changed password is taken over. Throws ConfigInvalidError where that file cannot be read.
 */
export function mqttPassword(mqtt: Config['mqtt']): string | undefined {
  if (mqtt.password_file === undefined) return mqtt.password;
  try {
    return readFileSync(mqtt.password_file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    const found = `${mqtt.password_file}, which gives ${(cause as NodeJS.ErrnoException).code}`;
    throw new ConfigInvalidError([
      { path: 'mqtt.password_file', expected: 'a file that can be read', found },
    ]);
  }
}
