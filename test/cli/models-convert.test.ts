import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { OnnxReport } from '../../src/models/convert/convert-report.js';
import { environments, requireConverter } from '../support/converter.js';
import { runFromSource } from '../support/run-from-source.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { waitFor } from '../support/wait-for.js';

const root = resolve(import.meta.dirname, '../..');
const net = 'human-pose-estimation-0001';
const folder = mkdtempSync(join(tmpdir(), 'models-convert-'));
t.teardown(() => rmSync(folder, { recursive: true }));
t.setTimeout(600_000);

const environment = { POSE_AGENT_CONVERT_ENV: environments };

t.test(
  'models convert for TensorRT, and what the agent makes of it',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    if ((await requireConverter(t, 'convert')) === undefined) return;
    const source = join(shared, 'models', net, 'FP16-INT8', `${net}.xml`);
    const output = join(folder, 'pose.onnx');
    const args = ['--to', 'onnx', '--for', 'tensorrt', '--input-height', '128'];
    const run = (...more: string[]) =>
      runFromSource(['models', 'convert', source, ...args, '--output', output, '--samples', '2', ...more], {
        home: folder,
        environment,
      });
    const json = await run('--json');
    t.match(json, { code: 0, stderr: '' }, 'quiet in a pipe');
    const report = JSON.parse(json.stdout) as OnnxReport;
    t.match(
      report,
      { path: output, precision: 'fp16', target: 'tensorrt', opset: 17, source_quantized: true },
      'fp16 by itself',
    );
    t.same(report.initializers, { float16: 118 });
    t.same(report.inputs, { data: [1, 3, 128, 232] });
    t.same(Object.keys(report.outputs), ['Mconv7_stage2_L1', 'Mconv7_stage2_L2']);
    t.notMatch(Object.keys(report.operators).join(' '), /Quantize/);
    t.ok(Math.abs(statSync(output).size - 8.24e6) < 2e5, `${statSync(output).size} bytes`);
    for (const { with: other, outputs } of report.comparisons) {
      for (const [name, { correlation }] of Object.entries(outputs)) {
        t.ok(correlation > (other === 'the source' ? 0.97 : 0.9999), `${name} with ${other}: ${correlation}`);
      }
    }
    t.match(await run(), { code: 1, stderr: /pose\.onnx is there already; --force replaces it/ });
    const table = await run('--force');
    t.match(
      table.stdout,
      /^.*pose\.onnx: 8\.2 MB, opset 17, float16, data 1x3x128x232\ncompared on 2 pictures and 2 inputs/,
    );
    t.match(table.stdout, /onnxruntime +the source without its quantizers +Mconv7_stage2_L1 +1\.000000/);
    t.match(table.stdout, /the agent runs it as model\.id: .*pose\.onnx with model\.input_height: 128\n$/);

    const picture = join(folder, 'poses.png');
    const drawn = await runFromSource(['annotate', 'sample:', picture, '--model', output], { home: folder });
    t.match(drawn, { code: 0, stdout: /1 frames, [1-9]\.\d\d people a frame \(pose\)/ }, 'it finds people');
  },
);

t.test(
  'models convert to INT8 for TensorRT, judged by its people',
  { skip: withoutSharedData },
  async (t) => {
    const shared = sharedData();
    if ((await requireConverter(t, 'quantize')) === undefined) return;
    const source = join(shared, 'models', net, 'FP16-INT8', `${net}.xml`);
    const output = join(t.testdir(), 'int8.onnx');
    const args = ['--to', 'onnx', '--for', 'tensorrt', '--precision', 'int8', '--calibration', 'sample:'];
    const small = ['--samples', '4', '--input-height', '128'];
    const run = (...more: string[]) =>
      runFromSource(['models', 'convert', source, ...args, ...small, '--output', output, ...more], {
        home: folder,
        environment,
      });
    t.match(await run('--min-agreement', '1'), {
      code: 3,
      stdout: '',
      stderr:
        /agrees with its source to 0\.\d+, expected at least 1; nothing was written \(MODEL_CONVERSION_FAILED\)/,
    });
    t.same(readdirSync(join(output, '..')), [], 'nothing stays');
    const kept = await run('--min-agreement', '0.5');
    t.match(kept, { code: 0, stderr: '' });
    t.match(kept.stdout, /int8\.onnx: 16\.6 MB, opset 17, 55 of 58 layers in INT8\n.*stay float/);
    t.match(
      kept.stdout,
      /agreement with the source: 0\.\d+\n.*runs it as model\.id: .*int8\.onnx with model\.input_height: 128\n$/,
    );
    t.same(readdirSync(join(output, '..')), ['int8.onnx']);
  },
);

t.test('a conversion that is stopped leaves nothing half', async (t) => {
  if ((await requireConverter(t, 'convert')) === undefined) return;
  const place = t.testdir();
  const start = () => {
    const args = [
      'models',
      'convert',
      'blazepose-lite',
      '--to',
      'onnx',
      '--output',
      join(place, 'lite.onnx'),
    ];
    return spawn(process.execPath, ['--import=tsx', join(root, 'src/cli/main.ts'), ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...environment },
      stdio: 'ignore',
    });
  };
  const atWork = () => readdirSync(place).some((name) => name.startsWith('.lite.onnx.partial-'));
  const stopped = start();
  await waitFor('a folder for the result', atWork, 60_000);
  stopped.kill('SIGTERM');
  t.same(await once(stopped, 'exit'), [143, null]);
  t.same(readdirSync(place), [], 'stopped by a signal it clears up');

  const killed = start();
  await waitFor('a folder for the result', atWork, 60_000);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  t.notOk(existsSync(join(place, 'lite.onnx')));
  const next = start();
  const left = () => readdirSync(place).join();
  await waitFor('the folder of the next alone', () => left() === `.lite.onnx.partial-${next.pid}`, 60_000);
  next.kill('SIGTERM');
  await once(next, 'exit');
  t.same(readdirSync(place), [], 'the next one takes away what was left');
});
