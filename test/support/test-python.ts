import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import type { Test } from 'tap';
import { absent } from './absent.js';

const root = resolve(import.meta.dirname, '../..');

/** Where ./scripts/test puts Python packages, before what the machine has. */
export const testPythonEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHONPATH: [join(root, '.runtime/python-test'), process.env.PYTHONPATH ?? '']
    .filter((folder) => folder !== '')
    .join(delimiter),
};

/** True where a module is here; else the test is skipped aloud. */
export function requirePythonModule(t: Pick<Test, 'pass' | 'fail'>, module: string): boolean {
  const { status } = spawnSync('python3', ['-c', `import ${module}`], { env: testPythonEnv });
  if (status === 0) return true;
  absent(t, `${module} for python3: ./scripts/test installs it`);
  return false;
}
