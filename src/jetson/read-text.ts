import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A small file of the kernel or the system below `root`, without blanks and NULs at its ends (the device tree's texts
 * end in one); undefined where it cannot be read or holds nothing.
 */
export async function readText(root: string, path: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(root, path), 'utf8');
    let start = 0;
    let end = text.length;
    while (start < end && /[\s\0]/.test(text.charAt(start))) start++;
    while (end > start && /[\s\0]/.test(text.charAt(end - 1))) end--;
    return text.slice(start, end) || undefined;
  } catch {
    return undefined;
  }
}
