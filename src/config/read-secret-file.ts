import { dirname, resolve } from 'node:path';
import { readBoundedSync } from '../read-bounded.js';
import { permissionWarning } from './permission-warning.js';

/** What reading secrets needs to know of its surroundings. */
export interface SecretReading {
  /** process.env where left out. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** Is told where others than its owner may read a file with a secret. */
  onWarning?: ((text: string) => void) | undefined;
}

/** Of which a secret is the first line. */
const maxBytes = 64 * 1024;

/** The first line of a file. Throws the error of the file system. */
export function readSecretFile(path: string, reading: SecretReading): string {
  const text = readBoundedSync(path, maxBytes).toString('utf8');
  const warning = isSystemdCredential(path, reading) ? undefined : permissionWarning(path);
  if (warning !== undefined) reading.onWarning?.(warning);
  return text.split(/\r?\n/, 1)[0] ?? '';
}

/**
 * systemd lets its service alone into the folder of its credentials, and the access list with which it does so
 * makes each file look as if its group could read it.
 */
function isSystemdCredential(path: string, { environment = process.env }: SecretReading): boolean {
  const folder = environment.CREDENTIALS_DIRECTORY;
  return folder !== undefined && folder !== '' && dirname(resolve(path)) === resolve(folder);
}
