import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { runFromSource } from '../support/run-from-source.js';

// Models are opened and packages installed: slow beside other tests.
t.setTimeout(300_000);

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'convert-environment-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const output = join(folder, 'out.onnx');
const args = ['models', 'convert', 'blazepose-lite', '--to', 'onnx', '--output', output];

/** The converter's packages would be in there. */
const environments = join(folder, 'environments');
const run = (environment: Record<string, string>, more: readonly string[] = []) =>
  runFromSource([...args, ...more], {
    home: folder,
    environment: { POSE_AGENT_CONVERT_ENV: environments, ...environment },
  });

t.test('without a Python that will do', async (t) => {
  const place = t.testdir({ none: {}, old: {}, bare: {} });
  const pythons = { old: 'echo 3.10', bare: 'echo 3.11; exit 1' };
  for (const [name, does] of Object.entries(pythons)) {
    writeFileSync(join(place, name, 'python3'), `#!/bin/sh\n${does}\n`);
    chmodSync(join(place, name, 'python3'), 0o755);
  }
  const reasons = {
    none: /there is no python3 on the PATH: apt-get install python3 python3-pip \(MODEL_CONVERTER_ABSENT\)/,
    old: /Python 3\.11 or 3\.12 with pip is needed, and python3 is 3\.10: /,
    bare: /and python3 is 3\.11 without pip: apt-get install python3 python3-pip/,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    t.match(await run({ PATH: join(place, name) }), { code: 3, stdout: '', stderr: reason }, name);
  }
  t.notOk(readdirSync(folder).includes('out.onnx'));
});

t.test('without a package index', { timeout: 120_000 }, async (t) => {
  const login = 'http://bob:hunter2@127.0.0.1:1/simple';
  const refused = await run({ PIP_INDEX_URL: login, PIP_CONFIG_FILE: '/dev/null' });
  t.match(refused, {
    code: 3,
    stdout: '',
    stderr: /pip cannot install the packages: .*\(MODEL_CONVERTER_ABSENT\)\n.*PIP_INDEX_URL/s,
  });
  t.notMatch(refused.stderr, /hunter2/);
  t.same(readdirSync(environments), [], 'nothing half is taken for whole');
});

t.test('killed while its packages are installed', { timeout: 120_000 }, async (t) => {
  const index = createServer().listen(0, '127.0.0.1'); // takes connections and says nothing
  await once(index, 'listening');
  t.teardown(() => index.close());
  const { port } = index.address() as { port: number };
  const env = { PATH: process.env.PATH ?? '', HOME: folder, POSE_AGENT_CONVERT_ENV: environments };
  const pip = { PIP_INDEX_URL: `http://127.0.0.1:${port}/simple`, PIP_CONFIG_FILE: '/dev/null' };
  const start = () =>
    spawn(process.execPath, ['--import=tsx', join(root, 'src/cli/main.ts'), ...args], {
      env: { ...env, ...pip },
      stdio: 'ignore',
    });
  const child = start();
  const begun = once(index, 'connection');
  const [connection] = (await begun) as [{ destroy(): void }];
  t.match(readdirSync(environments).join(), new RegExp(`^\\.convert-[0-9a-f]{16}\\.${child.pid}$`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  connection.destroy();
  index.close();
  t.match(await run(pip), { code: 3, stderr: /pip cannot install the packages/ }, 'it is not there');
  t.same(readdirSync(environments), [], 'and the next one clears up');
});

t.test('an output that cannot be is told before anything is installed', async (t) => {
  const place = t.testdir({ file: 'x', 'there.onnx': 'x' });
  const to = (path: string) => run({ PATH: '' }, ['--output', path]);
  t.match(await to(join(place, 'file/out.onnx')), {
    code: 1,
    stderr: /file.* cannot be written: (ENOTDIR|EEXIST) \(OUTPUT_UNWRITABLE\)/,
  });
  t.match(await to(join(place, 'there.onnx')), {
    code: 1,
    stderr: /there\.onnx is there already; --force replaces it/,
  });
  t.same(readdirSync(place).sort(), ['file', 'there.onnx']);
});

t.test('arguments that do not fit', async (t) => {
  const refused: [string[], number, RegExp][] = [
    [['--to', 'tflite'], 2, /Allowed choices are onnx, ir/],
    [['--precision', 'fp8'], 2, /Allowed choices are fp32, fp16, int8/],
    [['--precision', 'int8'], 2, /--to onnx takes --precision int8 with --for tensorrt alone/],
    [['--precision', 'int8', '--for', 'tensorrt'], 2, /--precision int8 takes --calibration CLIP\|FOLDER/],
    [['--for', 'tensorrt', '--calibration', 'sample:'], 2, /--calibration takes --precision int8/],
    [['--precision', 'int8', '--for', 'tensorrt', '--calibration', 'sample:'], 3, /only OpenPose networks/],
    [['--to', 'ir', '--for', 'tensorrt'], 2, /--to ir is for OpenVINO alone; --for tensorrt takes --to onnx/],
    [['--to', 'ir'], 2, /--to ir takes --precision int8/],
    [['--to', 'ir', '--precision', 'int8'], 2, /--to ir --precision int8 takes --calibration CLIP/],
    [['--input-height', '128'], 3, /blazepose-lite takes pictures of 256x256 alone/],
    [['--pictures', 'rtsp://camera/1'], 5, /expected a clip, a picture or a folder of pictures/],
    [['--pictures', '/nowhere.mp4'], 5, /nowhere\.mp4/],
  ];
  for (const [more, code, stderr] of refused)
    t.match(await run({ PATH: '' }, more), { code, stderr }, more.join(' '));
  t.match(await run({ PATH: '' }, ['--network', 'landmarks', '--help']), {
    code: 0,
    stdout: /Python 3\.11 or 3\.12 with pip/,
  });
});
