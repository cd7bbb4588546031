import { readdirSync, readFileSync } from 'node:fs';

/** What one process holds. */
export interface ProcessSample {
  /** Resident memory, MiB. */
  rssMb: number;
  /** NaN of an agent, where it is not root who asks. */
  fds: number;
  threads: number;
}

/** From /proc. Throws where the process is gone. */
export function sampleProcess(pid: number): ProcessSample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    rssMb: field('VmRSS') / 1024,
    fds: openFiles(pid),
    threads: field('Threads'),
  };
}

function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return Number.NaN;
  }
}

/** The only child of a process, or undefined while there is none. */
export function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}
