/** Unpacks the corpora for the test command, and lists the files of each for the program that reads them. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackCorpus } from './corpus.js';
import { fuzzTargets } from './targets.js';

for (const target of fuzzTargets()) {
  unpackCorpus(target);
  const files = readdirSync(target.seeds).map((file) => join(target.seeds, file));
  writeFileSync(`${target.seeds}.list`, files.join(','));
}
