import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryPath, writeDurably } from '../src/write-durably.js';

t.test('writes a file whole, with its folders, for the owner alone', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'a/b/file');
  await writeDurably(path, 'one');
  writeFileSync(temporaryPath(path), 'left by a crash, and longer than what comes');
  await writeDurably(path, 'two');
  t.equal(readFileSync(path, 'utf8'), 'two');
  t.same(readdirSync(join(folder, 'a/b')), ['file']);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(join(folder, 'a')).mode & 0o777, 0o700);
});

t.test('what fails leaves everything as it was', async (t) => {
  const folder = t.testdir({ place: { inner: '' }, file: 'old' });
  await t.rejects(writeDurably(join(folder, 'place'), 'x'), { code: /EISDIR|ENOTEMPTY|EEXIST/ });
  await t.rejects(writeDurably(join(folder, 'file/below'), 'x'), { code: /ENOTDIR|EEXIST/ });
  mkdirSync(temporaryPath(join(folder, 'file')));
  await t.rejects(writeDurably(join(folder, 'file'), 'x'), { code: /EISDIR/ });
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old');
  t.same(readdirSync(folder).sort(), ['file', 'file.tmp', 'place']);
});
