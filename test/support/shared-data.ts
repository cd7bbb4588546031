import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';

/** What of `t` a test that needs the data hands over. */
type Skippable = Pick<Test, 'pass' | 'fail'>;

/** The folder with golden data, models and media, or undefined where this checkout has none beside it. */
export function sharedData(): string | undefined {
  const folder = process.env.EDGE_POSE_SHARED ?? resolve(import.meta.dirname, '../../../shared');
  return existsSync(join(folder, 'golden')) ? folder : undefined;
}

/** As sharedData(); where it is absent the test is skipped aloud, or fails under CI, which always has it. */
export function requireSharedData(t: Skippable): string | undefined {
  const folder = sharedData();
  if (folder !== undefined) return folder;
  const message = 'needs the golden data folder: set EDGE_POSE_SHARED to it';
  if (process.env.CI === 'true') t.fail(message);
  else t.pass('golden data', { skip: message });
  return undefined;
}
