import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

/** As it is built: a process that compiles its sources first is never caught in the middle of a collection. */
const opencv = JSON.stringify(join(import.meta.dirname, '../../dist/camera/opencv.js'));
/** Leaves pictures to the collector, and ends by itself. */
const program = `
  import { loadOpencv } from ${opencv};
  const cv = loadOpencv();
  let junk = [];
  const pixels = new Uint8Array(300 * 300 * 3);
  for (let n = 0; n < 40; n++) junk.push(new cv.Mat(pixels, 300, 300, cv.CV_8UC3).copy());
  junk = [];
`;

t.test('a process that ends with pictures in its hands ends well', async (t) => {
  const script = join(t.testdir({ 'leave.mjs': program }), 'leave.mjs');
  // What tap loads into every child keeps it from ending at such a moment.
  const args = ['-u', 'NODE_OPTIONS', process.execPath, '--stress-incremental-marking', script];
  for (let time = 0; time < 12; time++) {
    const { status, signal, stderr } = spawnSync('env', args, { encoding: 'utf8' });
    t.same({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  }
});
