import { readdirSync, readFileSync } from 'node:fs';

/** Ids of all processes that a process began, and that those began, as far as they live. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  for (const child of childrenOf(pid)) found.push(child, ...descendantsOf(child));
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    const tasks = `/proc/${pid}/task`;
    const lists = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/children`, 'latin1'));
    return lists.flatMap((list) => list.trim().split(' ').filter(Boolean).map(Number));
  } catch {
    return []; // it has ended meanwhile
  }
}

/** Resident memory of a process without what it shares with others, as the ring of its pictures; 0 where it is gone. */
export function unsharedBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kibibytes = (line: RegExp): number => Number(line.exec(status)?.[1] ?? 0);
    return (kibibytes(/^VmRSS:\s+(\d+)/m) - kibibytes(/^RssShmem:\s+(\d+)/m)) * 1024;
  } catch {
    return 0;
  }
}
