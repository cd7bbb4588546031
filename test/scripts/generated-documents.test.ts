import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { generatedDocuments } from '../../scripts/generated-documents.js';

const root = resolve(import.meta.dirname, '../..');

t.test('the generated documents are up to date', async (t) => {
  const documents = generatedDocuments();
  t.ok(documents.length >= 5);
  t.equal(new Set(documents.map(({ path }) => path)).size, documents.length, 'no path twice');
  for (const { path, content } of documents) {
    t.match(path, /^docs\//);
    t.equal(readFileSync(resolve(root, path), 'utf8'), content, `${path}: npx tsx scripts/generate-docs.ts`);
  }
});
