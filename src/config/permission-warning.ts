import { statSync } from 'node:fs';

/**
 * For the log, where others than its owner may read or change a file that holds a secret: says so, and what to do.
 * Undefined where all is well or the file cannot be looked at.
 */
export function permissionWarning(path: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o777;
  } catch {
    return undefined;
  }
  if ((mode & 0o066) === 0) return undefined;
  const octal = mode.toString(8).padStart(4, '0');
  return `${path} is open to others than its owner (mode ${octal}): chmod 600 ${path}`;
}
