import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import type { Test } from 'tap';

const root = resolve(import.meta.dirname, '../..');

/** Where ./scripts/test puts Python packages, before what the machine has. */
export const testPythonEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHONPATH: [join(root, '.runtime/python-test'), process.env.PYTHONPATH ?? '']
    .filter((folder) => folder !== '')
    .join(delimiter),
};

/** True where a module is here; else the test is skipped aloud, or fails under CI, which always has it. */
export function requirePythonModule(t: Pick<Test, 'pass' | 'fail'>, module: string): boolean {
  const { status } = spawnSync('python3', ['-c', `import ${module}`], { env: testPythonEnv });
  if (status === 0) return true;
  const message = `needs ${module} for python3: ./scripts/test installs it`;
  if (process.env.CI === 'true') t.fail(message);
  else t.pass(module, { skip: message });
  return false;
}
