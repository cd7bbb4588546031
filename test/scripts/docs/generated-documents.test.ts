import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { generatedDocuments } from '../../../scripts/docs/generated-documents.js';

const root = resolve(import.meta.dirname, '../../..');

t.test('the generated documents are up to date', async (t) => {
  const documents = generatedDocuments();
  t.ok(documents.length >= 9);
  t.equal(new Set(documents.map(({ path }) => path)).size, documents.length, 'no path twice');
  for (const { path, content } of documents) {
    t.match(path, /^(docs\/|models\/catalog\.json\.sha256$)/);
    t.equal(readFileSync(resolve(root, path), 'utf8'), content, `${path}: npx tsx scripts/generate-docs.ts`);
  }
});

t.test(
  '--check names what is out of date and changes nothing; without it the documents are written',
  async (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'generate-docs-'));
    t.teardown(() => rmSync(copy, { recursive: true }));
    for (const part of ['docs', 'models', 'scripts', 'src', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const generate = (...args: string[]) =>
      spawnSync(process.execPath, ['--import=tsx', join(copy, 'scripts/generate-docs.ts'), ...args], {
        cwd: copy,
        encoding: 'utf8',
      });
    const errors = join(copy, 'docs/errors.md');
    const before = readFileSync(errors, 'utf8');
    const changed = before.replace('CONFIG_INVALID', 'CONFIG_WRONG');
    writeFileSync(errors, changed);
    rmSync(join(copy, 'docs/schemas/pose.json'));

    const check = generate('--check');
    t.equal(check.status, 1);
    t.same(
      check.stderr.split('\n').filter(Boolean),
      ['docs/errors.md', 'docs/schemas/pose.json'].map(
        (path) => `${path} is out of date: run npx tsx scripts/generate-docs.ts`,
      ),
    );
    t.equal(readFileSync(errors, 'utf8'), changed);

    t.equal(generate().status, 0);
    t.equal(readFileSync(errors, 'utf8'), before);
    t.match(generate('--check'), { status: 0, stderr: '', stdout: '' });
  },
);
