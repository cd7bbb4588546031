import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Where whoever serves cameras listens, and therefore where those who are served come from. */
const loopback = '127.0.0.1';
/** The same as the kernel writes it: four bytes, the last one first. */
const loopbackHex = '0100007F';
const established = '01';

/**
 * The user whose process is at the other end of a connection over 127.0.0.1; undefined where the kernel does not say,
 * null where nobody is there any more, or where it does not come from there.
 */
export function peerUser(socket: Socket): number | null | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  // All of 127.0.0.0/8 is loopback: another user may have the same port at 127.0.0.2.
  if (remoteAddress !== loopback || localAddress !== loopback) return null;
  let table: string;
  try {
    table = readFileSync('/proc/self/net/tcp', 'latin1');
  } catch {
    return undefined;
  }
  return userOf(table, remotePort, localPort);
}

/**
 * The user of the connection that is open from one port of 127.0.0.1 to another, in what /proc/net/tcp says; null where
 * there is none. Of one that was closed the kernel forgets the user, and says 0.
 */
export function userOf(table: string, fromPort = 0, toPort = 0): number | null {
  const [from, to] = [fromPort, toPort].map((port) => `${loopbackHex}:${hexPort(port)}`);
  for (const line of table.split('\n')) {
    const [, local, remote, state, , , , user] = line.trim().split(/\s+/);
    if (local === from && remote === to && state === established) return Number(user);
  }
  return null;
}

/** True where another user is there, who is not to be served. Processes of one user have no secrets of each other. */
export function isStranger(socket: Socket): boolean {
  const user = peerUser(socket);
  return user !== undefined && user !== process.getuid?.();
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
