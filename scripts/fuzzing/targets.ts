import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const build = join(root, 'build');

/** Where all about one fuzz target lies; native/fuzz/NAME_fuzz.cc is its source. */
export interface FuzzTarget {
  name: string;
  program: string;
  /** The corpus of the repository: one archive, because its files are many and tiny. */
  archive: string;
  /** The same, unpacked. */
  seeds: string;
  /** Inputs with new coverage that were found on this machine. */
  grown: string;
  /** What the files of its findings begin with. */
  findings: string;
}

/** Every target that there is a source of, in the order of their names. */
export function fuzzTargets(): FuzzTarget[] {
  return readdirSync(join(root, 'native/fuzz'))
    .filter((file) => file.endsWith('_fuzz.cc'))
    .map((file) => file.slice(0, -'_fuzz.cc'.length))
    .sort()
    .map((name) => ({
      name,
      program: join(build, 'fuzz/native/fuzz', `${name}_fuzz`),
      archive: join(root, 'native/fuzz/corpus', `${name}.tar.gz`),
      seeds: join(build, 'fuzz-corpus', name),
      grown: join(build, 'fuzz-grown', name),
      findings: join(build, 'fuzz-findings', `${name}-`),
    }));
}
