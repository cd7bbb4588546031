import { join } from 'node:path';
import t from 'tap';
import { Supervisor } from '../../src/agent/supervisor.js';
import type { AgentError } from '../../src/errors.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { openPoseOptions } from '../support/openpose-options.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { waitFor } from '../support/wait-for.js';

t.test('a build that never ends, with signs of life all the while, is a loss that counts', async (t) => {
  const folder = t.testdir();
  Object.assign(process.env, scriptedEngine(join(folder, 'native'), { buildSeconds: 3600 }));
  const input = { batch: 1, height: 64, width: 64 };
  const options = openPoseOptions(
    { name: 'tensorrt', device: 'GPU.0', formats: ['onnx'] },
    'model.onnx',
    input,
  );
  const session = { ...options, cacheDir: join(folder, 'cache') };
  const losses: AgentError[] = [];
  let signs = 0;
  let loops = 0;
  const supervisor = new Supervisor({
    logger: createLogger({ level: 'silent' }),
    openLimitSeconds: 5,
    keypoints: 18,
    startMessage: () => ({
      type: 'start',
      engine: 'tensorrt',
      session,
      cameras: [],
    }),
    onMessage: ({ type }) => {
      if (type === 'opening') signs += 1;
    },
    onWorkerLost: (error) => losses.push(error),
    onCrashLoop: () => {
      loops += 1;
    },
    onFinished: () => undefined,
  });
  t.teardown(() => supervisor.stop());
  supervisor.start();
  await waitFor('a crash loop', () => loops > 0, 60_000);
  t.equal(losses.length, 3, 'others were tried');
  for (const loss of losses) {
    t.match(loss, { code: 'WORKER_HUNG', message: 'the model was not open after 5 s' });
  }
  t.ok(signs > 0, 'it built');
});
