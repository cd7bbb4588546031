import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { childEnvironment } from '../../src/child-environment.js';
import { knownPaths } from '../../src/config/json-schema.js';
import { AgentProcess } from '../support/agent-process.js';
import { waitFor } from '../support/wait-for.js';

const canary = `c4nary${randomBytes(8).toString('hex')}`;

/** What an agent may find in its environment that is none of its worker's business. */
const others = [
  'AWS_SECRET_ACCESS_KEY',
  'CREDENTIALS_DIRECTORY',
  'DATABASE_URL',
  'GITHUB_TOKEN',
  'MQTT_PASSWORD',
  'NODE_AUTH_TOKEN',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NVIDIA_API_KEY',
  'OPENCV_PASSWORD',
  'POSE_AGENT_MODEL_MIRROR',
  'http_proxy',
  'no_proxy',
];
/** Every variable of the configuration. */
const own = knownPaths('0').map((path) => `EDGE_POSE_${path.join('__').toUpperCase()}`);
const needed = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'LD_LIBRARY_PATH',
  'GST_PLUGIN_PATH',
  'OV_X',
  'CUDA_CACHE_PATH',
];

t.test('a child gets what is known to be needed, and nothing else', async (t) => {
  const before = { ...process.env };
  t.teardown(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const name of [...own, ...others, ...needed]) process.env[name] = canary;
  const given = childEnvironment();
  t.same(
    [...own, ...others].filter((name) => name in given),
    [],
  );
  t.same(
    needed.filter((name) => given[name] !== canary),
    [],
  );
  t.equal(childEnvironment(/^PIP_/).PIP_INDEX_URL, process.env.PIP_INDEX_URL);
});

t.test('no process is started with the whole environment', async (t) => {
  const root = resolve(import.meta.dirname, '../../src');
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .filter((text) => /from 'node:child_process'/.test(text));
  t.ok(files.length >= 5);
  for (const text of files) {
    const started = text.match(/\b(spawn|fork|execFile\))\(/g)?.length ?? 0;
    const first = text.slice(0, 60);
    t.notMatch(text, /\.\.\.process\.env|env: process\.env/, first);
    // `sync` is given nothing but what it works on, and finds nothing of use in its environment.
    const given = text.match(/\benv\b[:,]|\benv \}|'sync'/g)?.length ?? 0;
    t.ok(given >= started, `${first}: ${started} processes, ${given} environments`);
  }
});

t.test("the worker's environment holds no password of the agent's", { timeout: 90_000 }, async (t) => {
  const environment = {
    ...Object.fromEntries(others.map((name) => [name, canary])),
    EDGE_POSE_MQTT__URL: 'mqtt://127.0.0.1:1',
    EDGE_POSE_MQTT__USERNAME: 'u',
    EDGE_POSE_MQTT__PASSWORD: canary,
    EDGE_POSE_SECRETS__DOOR: canary,
    CREDENTIALS_DIRECTORY: `/absent/${canary}`,
  };
  const agent = new AgentProcess(['run'], { model: { id: 'blazepose-lite' } }, { environment });
  t.teardown(() => agent.remove());
  // Before it is the worker it is a copy of the agent, which shows nothing.
  const variablesOf = (pid: number | undefined): string[] =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const isThere = (): boolean => agent.children().some((child) => variablesOf(child).length > 1);
  await waitFor('a worker', isThere, 60_000);
  const variables = variablesOf(agent.children()[0]);
  t.ok(
    variables.some((line) => line.startsWith('UV_THREADPOOL_SIZE=')),
    'it is the worker',
  );
  t.ok(variables.some((line) => line.startsWith('PATH=')));
  t.same(
    variables.filter((line) => line.includes(canary)),
    [],
  );
  t.same(
    variables.filter((line) => /^EDGE_POSE_(?!NATIVE_DIR=)/.test(line)),
    [],
  );
});
