import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { measureNative } from '../../../scripts/coverage/native.js';
import { requireProgram } from '../../support/require-program.js';

t.test('lines and branches of a program over its runs', async (t) => {
  for (const program of ['clang++', 'llvm-cov']) {
    if (!requireProgram(t, { program, needs: `${program}: apt-get install clang llvm` })) return;
  }
  const folder = t.testdir({
    'main.cc': [
      'int main(int count, char**) {',
      '  if (count > 2) return 0;',
      '  return count > 1 ? 0 : 0;',
      '}',
      '',
    ].join('\n'),
  });
  const program = join(folder, 'program');
  const flags = ['-fprofile-instr-generate', '-fcoverage-mapping'];
  execFileSync('clang++', [...flags, '-o', program, join(folder, 'main.cc')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  t.equal(measureNative(program, reports), undefined, 'nothing has run');

  const run = (...args: string[]) =>
    execFileSync(program, args, { env: { LLVM_PROFILE_FILE: join(reports, '%p.profraw') } });
  run();
  t.same(measureNative(program, reports), { branches: { covered: 2, of: 4 }, lines: { covered: 4, of: 4 } });
  t.ok(existsSync(join(reports, 'index.html')));
  t.same(
    readdirSync(reports).filter((name) => name.endsWith('.profraw')),
    [],
    'what was merged is removed',
  );
  run('a', 'b');
  run('a');
  t.same(measureNative(program, reports)?.branches, { covered: 3, of: 4 }, 'of the runs since');
});
