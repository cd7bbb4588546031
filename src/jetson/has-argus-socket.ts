import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether nvargus-daemon, through which CSI cameras are read, has its socket where this process sees it. */
export async function hasArgusSocket(root = '/'): Promise<boolean> {
  return stat(join(root, 'tmp/argus_socket')).then(
    (entry) => entry.isSocket(),
    () => false,
  );
}
