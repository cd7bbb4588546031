import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { faults } from '../../scripts/faults/faults.js';

const root = resolve(import.meta.dirname, '../..');

t.test('every fault is in the document, in its order, and its tests exist', async (t) => {
  const text = readFileSync(join(root, 'docs/faults.md'), 'utf8');
  const titles = [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, title]) => title as string);
  const rows = titles.slice(
    titles.indexOf('---') + 1,
    titles.indexOf('---') + 1 + Object.keys(faults).length,
  );
  t.strictSame(
    rows,
    Object.values(faults).map(({ title }) => title),
  );
  for (const file of Object.values(faults).flatMap(({ tests }) => tests)) {
    t.ok(existsSync(join(root, 'test', file)), file);
  }
});
