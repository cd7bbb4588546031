import { join } from 'node:path';
import { ConfigInvalidError } from './config-problem.js';
import { readSecretFile, type SecretReading } from './read-secret-file.js';
import type { Config } from './schema.js';

/** What the unit's LoadCredential= calls it. */
const credentialName = 'mqtt-password';

/**
 * The password to log in with: the key itself, or the first line of the file it names, or systemd's credential
 * `mqtt-password` where the broker is configured and neither is; read at every call so that a changed password is
 * taken over. Throws ConfigInvalidError where a file cannot be read.
 */
export function mqttPassword(mqtt: Config['mqtt'], reading: SecretReading = {}): string | undefined {
  if (mqtt.password !== undefined) return mqtt.password;
  const path = mqtt.password_file ?? credentialFile(mqtt, reading);
  if (path === undefined) return undefined;
  let password: string;
  try {
    password = readSecretFile(path, reading);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (mqtt.password_file === undefined && code === 'ENOENT') return undefined;
    throw new ConfigInvalidError([
      {
        path: 'mqtt.password_file',
        expected: 'a file that can be read',
        found: `${path}, which gives ${code}`,
      },
    ]);
  }
  if (password !== '') return password;
  // As while it is being replaced: with an empty one the broker would only be annoyed.
  throw new ConfigInvalidError([
    {
      path: 'mqtt.password_file',
      expected: 'the password on the first line',
      found: `${path}, where that is empty`,
    },
  ]);
}

function credentialFile(
  mqtt: Config['mqtt'],
  { environment = process.env }: SecretReading,
): string | undefined {
  // The broker inside the agent asks for no password.
  if (mqtt.url === undefined || !environment.CREDENTIALS_DIRECTORY) return undefined;
  return join(environment.CREDENTIALS_DIRECTORY, credentialName);
}
