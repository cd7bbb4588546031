import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import type { Test } from 'tap';
import type { CocoCase } from './coco-case.js';

const root = resolve(import.meta.dirname, '../..');

/** Where ./scripts/test puts Python packages, before what the machine has. */
const env = {
  ...process.env,
  PYTHONPATH: [join(root, '.runtime/python-test'), process.env.PYTHONPATH ?? '']
    .filter((folder) => folder !== '')
    .join(delimiter),
};

/** True where pycocotools is here; else the test is skipped aloud, or fails under CI, which always has it. */
export function requirePycocotools(t: Pick<Test, 'pass' | 'fail'>): boolean {
  const { status } = spawnSync('python3', ['-c', 'import pycocotools.cocoeval'], { env });
  if (status === 0) return true;
  const message = 'needs pycocotools for python3: ./scripts/test installs it';
  if (process.env.CI === 'true') t.fail(message);
  else t.pass('pycocotools', { skip: message });
  return false;
}

/** COCO's ten figures for each case, in COCO's order; -1 where nobody is in the range. */
export function pycocotoolsFigures(cases: readonly CocoCase[]): number[][] {
  const program = join(root, 'test/validate/pycocotools_reference.py');
  const { status, stdout, stderr } = spawnSync('python3', [program], {
    env,
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`pycocotools ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as number[][];
}
