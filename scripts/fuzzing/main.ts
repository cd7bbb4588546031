import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../suites/suite.js';
import { mergeCorpus } from './corpus.js';
import { type FuzzResult, runTarget } from './run-target.js';
import { type FuzzTarget, fuzzTargets } from './targets.js';

const usage = 'usage: ./scripts/fuzz --hours N [--jobs N] [--merge] [TARGET…]';

interface Wish {
  targets: FuzzTarget[];
  seconds: number;
  jobs: number;
  merge: boolean;
}

/** What the arguments ask for, or in words what is wrong with them. */
function readArguments(): Wish | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const seconds = Number(values.hours) * 3600;
  if (!(seconds > 0 && seconds < 1e7)) return '--hours: expected the hours a target runs, as in 1 or 0.1';
  const jobs = Number(values.jobs);
  if (!(Number.isInteger(jobs) && jobs >= 1 && jobs <= 64)) return '--jobs: expected 1 to 64';
  const all = fuzzTargets();
  const wanted = positionals.map((name) => name.replace(/_fuzz$/, ''));
  const unknown = wanted.filter((name) => !all.some((target) => target.name === name));
  if (unknown.length > 0) {
    return `no target is called ${unknown.join(' or ')}; there are: ${all.map(({ name }) => name).join(', ')}`;
  }
  const targets = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));
  return { targets, seconds: Math.max(1, Math.round(seconds)), jobs, merge: values.merge };
}

function parse() {
  return parseArgs({
    options: {
      hours: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      merge: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
}

function tellProgress({ target, runs, coverage, found }: FuzzResult): void {
  if (!process.stdout.isTTY) return;
  const text = `  ${target.name}: ${runs} runs, ${coverage} edges, ${found.length} found`;
  process.stdout.write(`\r${text.padEnd(76)}`);
}

function tellRow({ target, runs, corpus, coverage, found, trouble }: FuzzResult): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${' '.repeat(78)}\r`);
  const end = trouble === undefined ? found.length : 'did not run';
  process.stdout.write(`| ${target.name} | ${runs} | ${corpus} | ${coverage} | ${end} |\n`);
  if (trouble !== undefined) process.stderr.write(`${target.name}: ${trouble}\n`);
}

async function main(): Promise<void> {
  const wish = readArguments();
  if (typeof wish === 'string') {
    process.stderr.write(`${wish}\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  process.stdout.write('| target | runs | corpus | coverage | found |\n| --- | --- | --- | --- | --- |\n');
  const waiting = [...wish.targets];
  const results: FuzzResult[] = [];
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const result = await runTarget(target, wish.seconds, tellProgress);
      if (wish.merge && result.found.length === 0) mergeCorpus(target);
      tellRow(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: wish.jobs }, work));
  const found = results.flatMap((result) => result.found);
  if (found.length > 0) {
    process.stdout.write(`found: ${found.map((file) => `build/fuzz-findings/${file}`).join(', ')}\n`);
    const { program = '' } = results.find((result) => result.found.length > 0)?.target ?? {};
    process.stdout.write(`to see one again: ${relative(root, program)} FILE\n`);
  }
  process.exitCode = results.some(({ found, trouble }) => found.length > 0 || trouble !== undefined) ? 1 : 0;
}

await main();
