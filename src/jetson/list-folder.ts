import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The names in a folder below `root`, sorted with numbers in their order; none where it cannot be read. */
export async function listFolder(root: string, path: string): Promise<string[]> {
  const names = await readdir(join(root, path)).catch((): string[] => []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
