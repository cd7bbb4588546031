import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import t from 'tap';
import { requirePythonModule, testPythonEnv } from '../support/test-python.js';

const root = resolve(import.meta.dirname, '../..');
const kernel = resolve(root, 'native/tensorrt/preprocess.cu');

function compile(file: string, architecture: string) {
  const program = resolve(root, 'scripts/tensorrt/compile_ptx.py');
  return spawnSync('python3', [program, file, architecture], { env: testPythonEnv, encoding: 'utf8' });
}

for (const architecture of ['sm_72', 'sm_87']) {
  t.test(`the kernel compiles to PTX for ${architecture}`, async (t) => {
    if (!requirePythonModule(t, 'nvidia.cuda_nvrtc')) return;
    const { status, stdout, stderr } = compile(kernel, architecture);
    t.equal(status, 0, stderr);
    t.match(stdout, new RegExp(`\\.target ${architecture}\\b`));
    t.match(stdout, /\.visible \.entry pose_preprocess\(/);
    t.notMatch(stdout, /\.local /, 'no thread keeps anything in memory');
  });
}

t.test('code that does not compile is told', async (t) => {
  if (!requirePythonModule(t, 'nvidia.cuda_nvrtc')) return;
  const file = resolve(t.testdir({ 'wrong.cu': '__global__ void f() { return 1 }' }), 'wrong.cu');
  const { status, stderr } = compile(file, 'sm_87');
  t.equal(status, 1);
  t.match(stderr, /wrong\.cu/);
});
