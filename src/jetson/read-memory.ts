import { readText } from './read-text.js';

/** Bytes. */
export interface JetsonMemory {
  readonly total: number;
  /** What programs can get without swapping. */
  readonly available: number;
  /** Compressed in the memory itself. */
  readonly zram: number;
  /** Swap on disks and in files. */
  readonly swap: number;
}

/** Memory and swap of the machine; CPU and GPU of a Jetson share it. null where the kernel does not say. */
export async function readMemory(root = '/'): Promise<JetsonMemory | null> {
  const text = (await readText(root, 'proc/meminfo')) ?? '';
  const fields = new Map(
    [...text.matchAll(/^(\w+):[ \t]+(\d+) kB$/gm)].map(([, name, size]) => [name, size]),
  );
  const field = (name: string): number => Number(fields.get(name) ?? Number.NaN) * 1024;
  const total = field('MemTotal');
  const available = field('MemAvailable');
  if (Number.isNaN(total) || Number.isNaN(available)) return null;
  return { total, available, ...(await readSwap(root)) };
}

async function readSwap(root: string): Promise<{ zram: number; swap: number }> {
  const text = (await readText(root, 'proc/swaps')) ?? '';
  let zram = 0;
  let swap = 0;
  for (const [, name, kibibytes] of text.matchAll(/^(\S+)[ \t]+(?:partition|file)[ \t]+(\d+)/gm)) {
    if (name?.startsWith('/dev/zram')) zram += Number(kibibytes) * 1024;
    else swap += Number(kibibytes) * 1024;
  }
  return { zram, swap };
}
