import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childrenOf } from '../../test/support/processes.js';

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
  return childrenOf(pid)[0];
}

/** What a process and all below it hold together. */
export interface TreeSample extends ProcessSample {
  processes: number;
  /** Descriptors of memory without a file. A camera's ring counts twice: in the worker and in its capture process. */
  sharedMemories: number;
}

/** From /proc, which tells only its user and root. Throws where a process is gone meanwhile. */
export function sampleTree(pid: number): TreeSample {
  const own = { ...sampleProcess(pid), processes: 1, sharedMemories: sharedMemoriesOf(pid) };
  return childrenOf(pid).reduce((sum, child) => {
    const below = sampleTree(child);
    return {
      rssMb: sum.rssMb + below.rssMb,
      fds: sum.fds + below.fds,
      threads: sum.threads + below.threads,
      processes: sum.processes + below.processes,
      sharedMemories: sum.sharedMemories + below.sharedMemories,
    };
  }, own);
}

function sharedMemoriesOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).startsWith('/memfd:')).length;
}
