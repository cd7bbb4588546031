import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import type { CocoCase } from './coco-case.js';
import { requirePythonModule, testPythonEnv } from './test-python.js';

const root = resolve(import.meta.dirname, '../..');

/** True where pycocotools is here; else the test is skipped aloud. */
export function requirePycocotools(t: Pick<Test, 'pass' | 'fail'>): boolean {
  return requirePythonModule(t, 'pycocotools.cocoeval');
}

/** COCO's ten figures for each case, in COCO's order; -1 where nobody is in the range. */
export function pycocotoolsFigures(cases: readonly CocoCase[]): number[][] {
  const program = join(root, 'test/validate/pycocotools_reference.py');
  const { status, stdout, stderr } = spawnSync('python3', [program], {
    env: testPythonEnv,
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`pycocotools ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as number[][];
}
