import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/**
 * The user whose process is at the other end of a connection over IPv4 loopback; undefined where the kernel does not
 * say, null where nobody is there any more.
 */
export function peerUser({ remotePort, localPort }: Socket): number | null | undefined {
  let table: string;
  try {
    table = readFileSync('/proc/self/net/tcp', 'latin1');
  } catch {
    return undefined;
  }
  // The peer's own row: its local address is our remote one.
  const [from, to] = [hexPort(remotePort), hexPort(localPort)];
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , user] = line.trim().split(/\s+/);
    if (local?.endsWith(from) && remote?.endsWith(to)) return Number(user);
  }
  return null;
}

/** True where another user is there, who is not to be served. Processes of one user have no secrets of each other. */
export function isStranger(socket: Socket): boolean {
  const user = peerUser(socket);
  return user !== undefined && user !== process.getuid?.();
}

function hexPort(port = 0): string {
  return `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
