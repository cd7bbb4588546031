import { mergeCorpus, measureCorpus, unpackCorpus } from './corpus.js';
import { fuzzTargets } from './targets.js';
for (const target of fuzzTargets()) { const t0=Date.now(); unpackCorpus(target); mergeCorpus(target); console.log(target.name, measureCorpus(target), Date.now()-t0); }
