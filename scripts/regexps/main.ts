/**
 * Looks at every regular expression in src with a checker that knows which of them an attacker can make slow, and
 * names those that are not proven harmless, each with a text that shows it. Verdicts are kept in build/regexps.json.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { findRegexps } from './find-regexps.js';
import { verdictOf } from './verdict.js';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'build/regexps.json');
const { version } = createRequire(import.meta.url)('recheck/package.json') as { version: string };

/** By the regular expression. */
type Verdicts = Record<string, string>;

const known = readCache();
const verdicts: Verdicts = {};
let found = 0;
let bad = 0;
for (const file of sourceFiles()) {
  for (const { line, source, flags } of findRegexps(file, readFileSync(join(root, file), 'utf8'))) {
    found += 1;
    const verdict =
      source === undefined ? 'it is made of parts that are not constants' : await judge(source, flags);
    if (verdict === '') continue;
    bad += 1;
    console.error(`${file}:${line}: ${source === undefined ? '' : `/${source}/${flags}: `}${verdict}`);
  }
}
mkdirSync(join(root, 'build'), { recursive: true });
writeFileSync(cache, JSON.stringify({ version, verdicts }));
console.log(`${found} regular expressions, ${bad} of them not harmless`);
// The checker may keep a process of its own.
process.exit(bad > 0 ? 1 : 0);

async function judge(source: string, flags: string): Promise<string> {
  const key = `/${source}/${flags}`;
  verdicts[key] ??= known[key] ?? (await verdictOf(source, flags));
  return verdicts[key];
}

function readCache(): Verdicts {
  try {
    const kept = JSON.parse(readFileSync(cache, 'utf8')) as { version: string; verdicts: Verdicts };
    return kept.version === version ? kept.verdicts : {};
  } catch {
    return {};
  }
}

function sourceFiles(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file))
    .sort();
}
