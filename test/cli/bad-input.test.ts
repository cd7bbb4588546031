import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { runAgent } from '../support/agent-process.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const packageFolder = resolve(import.meta.dirname, '../..');
const poseFolder = join(packageFolder, 'node_modules/@mediapipe/pose');

interface Expected {
  code: number;
  stderr: RegExp;
  remedy: RegExp;
}

/** Every error has to end the command with its exit code, its words and its remedy. */
async function refused(
  t: Test,
  args: string[],
  expected: Expected,
  config: Record<string, unknown> = {},
): Promise<void> {
  const result = await runAgent(args, { mqtt: { embedded_port: 0 }, ...config });
  t.equal(result.code, expected.code, `${args.join(' ')}: exit code ${expected.code}\n${result.stderr}`);
  t.match(result.stderr, expected.stderr);
  t.match(result.stderr, expected.remedy);
  t.notMatch(result.stderr, /at .*\.js:\d+/, 'no stack');
}

const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('models', async (t) => {
  await refused(t, ['run', '--model', 'blazepose-ful'], {
    code: 3,
    stderr: /No model is called "blazepose-ful": did you mean blazepose-full\?/,
    remedy: /models list/,
  });
  await refused(t, ['run', '--model', 'human-pose-estimation-0001/FP32'], {
    code: 3,
    stderr: /human-pose-estimation-0001\/FP32 is not installed/,
    remedy: /models pull/,
  });
  await refused(t, ['run', '--model', '/nowhere/model.xml'], {
    code: 3,
    stderr: /\/nowhere\/model\.xml .*does not exist/,
    remedy: /models/,
  });
  const truncated = join(folder, 'truncated.tflite');
  await copyFile(join(poseFolder, 'pose_landmark_lite.tflite'), truncated);
  truncateSync(truncated, 100_000);
  await refused(t, ['run', '--model', truncated], {
    code: 3,
    stderr: /truncated\.tflite: .*cannot read it/,
    remedy: /models/,
  });
  await refused(t, ['run', '--model', join(poseFolder, 'pose_landmark_lite.tflite')], {
    code: 3,
    stderr: /MODEL_SHAPE_MISMATCH/,
    remedy: /family/,
  });
});

t.test('an IR whose weights are cut short', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const name = 'human-pose-estimation-0001';
  for (const ending of ['xml', 'bin']) {
    await copyFile(
      join(shared, 'models', name, 'FP16-INT8', `${name}.${ending}`),
      join(folder, `cut.${ending}`),
    );
  }
  truncateSync(join(folder, 'cut.bin'), 1_000_000);
  await refused(t, ['run', '--model', join(folder, 'cut.xml')], {
    code: 3,
    stderr: /MODEL_UNREADABLE|cannot read it/,
    remedy: /models/,
  });
});

t.test('engines and devices', async (t) => {
  await refused(t, ['run', '--model', 'blazepose-lite', '--device', 'NPU'], {
    code: 4,
    stderr: /no device NPU here; it sees: CPU/,
    remedy: /driver/,
  });
  await refused(t, ['run', '--model', 'blazepose-lite', '--engine', 'tensorrt'], {
    code: 4,
    stderr: /tensorrt.*cannot be loaded[\s\S]*not there/,
    remedy: /scripts\/build/,
  });
});

t.test('sources', async (t) => {
  const model = ['--model', 'blazepose-lite'];
  await refused(t, ['run', ...model, '--source', '/nowhere/clip.mp4'], {
    code: 5,
    stderr: /\/nowhere\/clip\.mp4 does not exist/,
    remedy: /doctor/,
  });
  const text = join(folder, 'notes.mp4');
  writeFileSync(text, 'this is no video\n'.repeat(100));
  await refused(t, ['run', ...model, '--source', text], { code: 5, stderr: /notes\.mp4/, remedy: /doctor/ });
});

t.test('configuration', async (t) => {
  await refused(
    t,
    ['run'],
    {
      code: 2,
      stderr: /cameras\.0\.fps: expected .*number.*found.*fast[\s\S]*modle/,
      remedy: /config schema/,
    },
    { cameras: [{ id: 'cam0', fps: 'fast' }], modle: { id: 'auto' } },
  );
  await refused(t, ['run', '--config', '/nowhere/config.yaml'], {
    code: 2,
    stderr: /\/nowhere\/config\.yaml/,
    remedy: /--config/,
  });
  await refused(t, ['run', '--mqtt', 'htp://broker'], { code: 2, stderr: /mqtt\.url|--mqtt/, remedy: /./ });
  await refused(t, ['run', '--pace', 'slow'], { code: 2, stderr: /realtime, max/, remedy: /./ });
});

t.test('brokers', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as { port: number };
  await refused(
    t,
    ['run', '--model', 'blazepose-lite'],
    {
      code: 6,
      stderr: new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there`),
      remedy: /embedded_port/,
    },
    { mqtt: { embedded_port: port } },
  );
  server.close();
  const result = await runAgent([
    'run',
    '--model',
    'blazepose-lite',
    '--mqtt',
    'mqtt://127.0.0.1:9',
    '--duration',
    '2',
  ]);
  t.equal(result.code, 0, 'an unreachable broker does not end the agent');
  t.match(result.stderr, /no MQTT connection: .*ECONNREFUSED/);
  t.match(result.stderr, /MQTT_UNREACHABLE/);
});
