import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder with golden data, models and media, or undefined where this checkout has none beside it. */
export function findSharedData(): string | undefined {
  const folder = process.env.EDGE_POSE_SHARED ?? resolve(import.meta.dirname, '../../../shared');
  return existsSync(join(folder, 'golden')) ? folder : undefined;
}

const absent = 'needs the golden data folder: set EDGE_POSE_SHARED to it';

/**
 * An option of every test that calls sharedData(): `t.test(name, { skip: withoutSharedData }, ...)`. Its body then does not
 * begin where the data is absent, unless EDGE_POSE_REQUIRE_SHARED=1 wants it to fail there.
 */
export const withoutSharedData: string | false =
  findSharedData() === undefined && process.env.EDGE_POSE_REQUIRE_SHARED !== '1' && absent;

/** As findSharedData(); throws where it is absent, so that no test goes on without. */
export function sharedData(): string {
  const folder = findSharedData();
  if (folder === undefined) throw new Error(`${absent}, or skip this test with { skip: withoutSharedData }`);
  return folder;
}
