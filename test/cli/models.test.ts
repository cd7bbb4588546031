import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runFromSource } from '../support/run-from-source.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const net = 'human-pose-estimation-0001';

t.test('models list, pull, path and verify', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const home = t.testdir();
  const environment = { POSE_AGENT_MODEL_MIRROR: join(shared, 'models') };
  const models = (...args: string[]) => runFromSource(['models', ...args], { home, environment });
  const listed = async () => {
    const rows: { name: string; installed: boolean; auto: boolean; bytes: number }[] = JSON.parse(
      (await models('list', '--json')).stdout,
    );
    return rows.find(({ name }) => name === net);
  };

  t.match(await listed(), { installed: false, auto: false, bytes: 4_596_190 });
  const before = await models('path', net);
  t.not(before.code, 0);
  t.match(before.stderr, /human-pose-estimation-0001 is not installed.*\n.*models pull/);
  t.match(await models('verify'), { code: 0, stdout: /^no model is in / });
  t.not((await models('verify', net)).code, 0);

  const pulled = await models('pull');
  t.match(pulled, { code: 0, stderr: '' });
  t.match(
    pulled.stdout,
    /^model auto: human-pose-estimation-0001 \(it came from .*\)\n$/,
    'one line in a pipe',
  );
  t.match(await listed(), { installed: true, auto: true });
  const table = (await models('list')).stdout;
  t.match(table, /^NAME +FAMILY +LICENCE +INSTALLED +SIZE\n/);
  t.match(table, /human-pose-estimation-0001 +openpose +Apache-2\.0 +yes \(auto\) +4\.6 MB\n/);
  t.match(table, /human-pose-estimation-0001\/FP32 +openpose +Apache-2\.0 +no +16\.5 MB\n/);
  t.match(await models('pull', '--if-needed'), {
    code: 0,
    stdout: /^model auto: human-pose-estimation-0001, chosen on /,
  });
  t.match(await models('pull', net), { code: 0, stdout: /is installed \(4\.6 MB, was there already\)/ });

  const path = (await models('path')).stdout.trim();
  t.ok(
    path.startsWith(join(home, '.local/state/edge-pose-agent/models/')) && path.endsWith(`${net}.xml`),
    path,
  );
  t.ok(existsSync(path.replace(/xml$/, 'bin')));
  t.match(readFileSync(path, 'utf8').slice(0, 200), '<net');
  t.match(await models('verify'), { code: 0, stdout: `${net}: OK\n` });

  truncateSync(path.replace(/xml$/, 'bin'), 100_000);
  for (const args of [['verify'], ['verify', net], ['verify', 'auto'], ['path', net]]) {
    const damaged = await models(...args);
    t.not(damaged.code, 0, args.join(' '));
    t.match(damaged.stderr, /human-pose-estimation-0001\.bin: expected 4170034 bytes, found 100000/);
  }
  t.match(await models('pull', net), { code: 0, stdout: /is installed/ });
  t.match(await models('verify', net), { code: 0 });
});

t.test('models by a wrong name, and from a mirror that is none', async (t) => {
  const home = t.testdir();
  const wrong = await runFromSource(['models', 'pull', 'blazepose-ful'], { home });
  t.not(wrong.code, 0);
  t.match(wrong.stderr, /did you mean blazepose-full\?/);
  const environment = { POSE_AGENT_MODEL_MIRROR: 'gopher://x' };
  const mirror = await runFromSource(['models', 'pull', net], { home, environment });
  t.not(mirror.code, 0);
  t.match(mirror.stderr, /POSE_AGENT_MODEL_MIRROR: expected a folder or an http\(s\) URL/);
});

t.test('BlazePose comes with the packages', async (t) => {
  const home = t.testdir();
  const { code, stdout } = await runFromSource(['models', 'pull', 'blazepose-lite'], { home });
  t.equal(code, 0);
  t.equal(stdout, 'blazepose-lite is installed (5.8 MB, from npm package @mediapipe/pose)\n');
  const path = await runFromSource(['models', 'path', 'blazepose-full'], { home });
  t.match(path, { code: 0, stdout: /pose_landmark_full\.tflite\n$/ }, 'a package’s model needs no pull');
});
