import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { loadOpencv } from '../../src/camera/opencv.js';

t.test('the binding has all that the agent uses', (t) => {
  const cv = loadOpencv();
  const constants = ['CV_8UC1', 'CV_8UC3', 'IMREAD_COLOR', 'LINE_AA', 'FONT_HERSHEY_SIMPLEX'] as const;
  for (const name of constants) t.type(cv[name], 'number', name);
  for (const name of ['imdecodeAsync', 'imreadAsync', 'imencodeAsync', 'getTextSize'] as const) {
    t.type(cv[name], 'function', name);
  }
  for (const name of ['Mat', 'Point2', 'Vec3', 'Size', 'VideoWriter'] as const) {
    t.type(cv[name], 'function', name);
  }
  t.equal(loadOpencv(), cv, 'it is loaded once');
  t.end();
});

t.test('loading prints nothing', (t) => {
  const module = join(import.meta.dirname, '../../src/camera/opencv.js');
  const child = spawnSync(
    process.execPath,
    ['--import=tsx', '--input-type=module', '-e', `import('${module}').then((m) => m.loadOpencv())`],
    { encoding: 'utf8' },
  );
  t.equal(child.status, 0, child.stderr);
  t.equal(child.stdout + child.stderr, '');
  t.end();
});
