import { join, resolve } from 'node:path';

/** Everything that is measured and reported. */
export const coverageFolder = resolve(import.meta.dirname, '../../build/coverage');
/** What ran of src, by script; written by the suite TypeScript. */
export const runsFile = join(coverageFolder, 'runs.json');
/** Why tests of that suite were skipped, in one line; empty where none was. */
export const skipsFile = join(coverageFolder, 'skips.txt');
/** Where Node's processes write meanwhile. */
export const processReports = join(coverageFolder, 'processes');
/** Where the native tests write, and the report of native/core. */
export const nativeProfiles = join(coverageFolder, 'native');
/** How a run begins to say that it could not judge. */
export const notJudged = 'what guards state is not judged';
