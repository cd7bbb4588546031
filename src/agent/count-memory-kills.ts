import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How many processes of this one's memory cgroup the kernel has killed for want of memory, of the box or of the
 * cgroup; null where it does not say. `root` is the root of the file system.
 */
export function countMemoryKills(root = '/'): number | null {
  for (const file of candidates(root)) {
    const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
    if (count !== undefined) return Number(count);
  }
  return null;
}

/** Version 1 where the memory controller is there, else version 2. */
function candidates(root: string): string[] {
  // A line each: number, controllers, folder in the hierarchy; version 2 has number 0 and names no controllers.
  const entries = (read(join(root, 'proc/self/cgroup')) ?? '')
    .split('\n')
    .map((line) => /^(\d+):([^:]*):(.+)$/.exec(line) ?? [])
    .map(([, number, controllers = '', folder = '/']) => ({ number, controllers, folder }));
  const version1 = entries.find(({ controllers }) => controllers.split(',').includes('memory'));
  const [hierarchy, file] = version1
    ? ['sys/fs/cgroup/memory', 'memory.oom_control']
    : ['sys/fs/cgroup', 'memory.events'];
  const { folder = '/' } = version1 ?? entries.find(({ number }) => number === '0') ?? {};
  // In a container the folder is often the host's name for what is mounted here as the root.
  return [folder, '/'].map((path) => join(root, hierarchy, path, file));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
