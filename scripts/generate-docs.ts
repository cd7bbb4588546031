/**
 * Writes the documents that are made from the source: `npx tsx scripts/generate-docs.ts`.
 * With --check nothing is written; it names every document that is missing or out of date and exits 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { generatedDocuments } from './docs/generated-documents.js';

const root = resolve(import.meta.dirname, '..');
const check = process.argv.slice(2).includes('--check');

let stale = 0;
for (const { path, content } of generatedDocuments()) {
  const file = resolve(root, path);
  if (current(file) === content) continue;
  stale += 1;
  if (check) {
    console.error(`${path} is out of date: run npx tsx scripts/generate-docs.ts`);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(`wrote ${path}`);
}
if (check && stale > 0) process.exitCode = 1;

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
