import { join, resolve } from 'node:path';

/** Everything that is measured and reported. */
export const coverageFolder = resolve(import.meta.dirname, '../../build/coverage');
/** What ran of src, by script; written by the suite TypeScript. */
export const runsFile = join(coverageFolder, 'runs.json');
/** Where Node's processes write meanwhile. */
export const processReports = join(coverageFolder, 'processes');
/** Where the native tests write, and the report of native/core. */
export const nativeProfiles = join(coverageFolder, 'native');
