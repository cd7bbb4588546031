import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBoundedSync } from '../read-bounded.js';
import { writeDurably } from '../write-durably.js';
import { ownerName } from './owner-password.js';

/** Each of Mosquitto's clients reads the options in the file of its name, where $XDG_CONFIG_HOME is its folder. */
const clients = ['mosquitto_pub', 'mosquitto_rr', 'mosquitto_sub'];

/** Of the broker inside the agent, below the state folder; for its owner alone. */
export function brokerFolder(stateDir: string): string {
  return join(stateDir, 'broker');
}

function urlFile(stateDir: string): string {
  return join(brokerFolder(stateDir), 'url');
}

/**
 * Writes down where the broker inside the agent listens, for `doctor`, and how to log in there, for Mosquitto's
 * clients: on a command line every user of the machine could read the password, and a port that is written down
 * elsewhere may be another program's by now. Throws the error of the file system.
 */
export async function writeBrokerFiles(
  stateDir: string,
  { url, password }: { url: string; password: string },
): Promise<void> {
  const { hostname, port } = new URL(url);
  await writeDurably(urlFile(stateDir), `${url}\n`);
  await writeDurably(join(brokerFolder(stateDir), 'password'), `${password}\n`);
  const options = [`-h ${hostname}`, `-p ${port}`, `-u ${ownerName}`, `-P ${password}`];
  for (const client of clients) {
    await writeDurably(join(brokerFolder(stateDir), client), `${options.join('\n')}\n`);
  }
}

/** Takes them back: the password is worth nothing any more, and whoever listens on that port next is another. Never throws. */
export function removeBrokerFiles(stateDir: string): void {
  for (const name of ['url', 'password', ...clients]) {
    try {
      rmSync(join(brokerFolder(stateDir), name), { force: true });
    } catch {
      // Then they are written anew with the next start.
    }
  }
}

/** Where the broker inside the agent listened when it was last heard of; undefined where nothing is written down. */
export function writtenBrokerUrl(stateDir: string): string | undefined {
  try {
    const text = readBoundedSync(urlFile(stateDir), 1024).toString().trim();
    return /^mqtt:\/\/127\.0\.0\.1:\d{1,5}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
