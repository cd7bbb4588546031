import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../write-durably.js';

/** Who logs in with the password. */
export const ownerName = 'owner';

/** 32 random bytes in base64url. */
const form = /^[\w-]{43}$/;
const maxBytes = 256;

/** Folder of the broker inside the agent, below the state folder; for its owner alone. */
export function brokerFolder(stateDir: string): string {
  return join(stateDir, 'broker');
}

export function passwordFile(stateDir: string): string {
  return join(brokerFolder(stateDir), 'password');
}

/**
 * The password with which whoever runs the agent may write to its broker: only its user can read the file. It is made
 * where there is none, and made anew where others could have read or written it. Undefined where it cannot be stored:
 * then nobody may write. `onNotice` is told of all that is not as usual.
 */
export async function ownerPassword(
  stateDir: string,
  onNotice: (text: string) => void,
): Promise<string | undefined> {
  const path = passwordFile(stateDir);
  const found = readPassword(path);
  if ('password' in found) return found.password;
  if (found.fault !== undefined) onNotice(`${path} ${found.fault}: a new password takes its place`);
  const password = randomBytes(32).toString('base64url');
  try {
    await writeDurably(path, `${password}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    onNotice(`${path} cannot be written (${code}): nobody may publish on the broker inside the agent`);
    return undefined;
  }
  return password;
}

/** Whether a password is the one that is expected; takes as long for one that is not. */
export function isPassword(given: Buffer, expected: string): boolean {
  const digest = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function readPassword(path: string): { password: string } | { fault: string | undefined } {
  let file: number | undefined;
  try {
    // No link, and no pipe that is waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { mode, uid } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return { fault: 'is no file' };
    if (uid !== process.geteuid?.()) return { fault: 'belongs to another user' };
    if ((mode & 0o077) !== 0) return { fault: 'is open to others than its owner' };
    const bytes = Buffer.alloc(maxBytes);
    const text = bytes.toString('utf8', 0, readSync(file, bytes)).trimEnd();
    return form.test(text) ? { password: text } : { fault: 'is damaged' };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { fault: undefined };
    return { fault: code === 'ELOOP' ? 'is a link' : `cannot be read (${code})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
