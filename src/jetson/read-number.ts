import { readText } from './read-text.js';

/** A file of the kernel that holds one whole number, and nothing else; undefined where it does not. */
export async function readNumber(root: string, path: string): Promise<number | undefined> {
  const text = await readText(root, path);
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
