import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { ConfigStore } from '../../src/config/config-store.js';
import { document } from '../config/store-operations.js';
import { runFromSource } from '../support/run-from-source.js';

t.test('config print shows what is in effect, without secrets', async (t) => {
  const home = t.testdir({ 'c.yaml': 'stats: {interval_s: 7}\n' });
  const environment = { EDGE_POSE_MQTT__URL: 'mqtt://user:c4n4ry@broker', EDGE_POSE_MODEL__THREADS: '3' };
  const file = join(home, 'c.yaml');
  const yaml = await runFromSource(['config', 'print', '--config', file], { home, environment });
  const json = await runFromSource(['config', 'print', '--json', '--config', file], { home, environment });
  t.equal(yaml.code, 0);
  t.match(yaml.stdout, `# ${file}\n`);
  t.notMatch(yaml.stdout + json.stdout, 'c4n4ry');
  t.same(parse(yaml.stdout), JSON.parse(json.stdout));
  t.match(JSON.parse(json.stdout), {
    stats: { interval_s: 7 },
    model: { threads: 3 },
    mqtt: { url: 'mqtt://broker', username: 'user', password: '(hidden)' },
    state_dir: join(home, '.local/state/edge-pose-agent'),
  });
});

t.test('config print has what came from afar, unless it is left out', async (t) => {
  const home = t.testdir();
  const stateDir = join(home, '.local/state/edge-pose-agent');
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(9));
  const yaml = await runFromSource(['config', 'print'], { home });
  t.match(yaml.stdout, '# config/desired version 9 ("doc-9", probation)\n');
  t.match(parse(yaml.stdout), { stats: { interval_s: 9 } });
  const local = await runFromSource(['config', 'print', '--local', '--json'], { home });
  t.match(JSON.parse(local.stdout), { stats: { interval_s: 10 } });

  const environment = { EDGE_POSE_CONTROL__REMOTE_CONFIG: 'false' };
  t.match(parse((await runFromSource(['config', 'print'], { home, environment })).stdout), {
    stats: { interval_s: 10 },
  });
  truncateSync(join(stateDir, 'config/state.json'), 20);
  const damaged = await runFromSource(['config', 'print'], { home });
  t.match(damaged, { code: 0, stderr: /state\.json is damaged .* the local file alone is in effect/ });
  t.equal(statSync(join(stateDir, 'config/state.json')).size, 20, 'looking changes nothing');
});

t.test('config check judges the file alone, by exit code and message', async (t) => {
  const home = t.testdir({
    'good.yaml': 'log: {level: debug}\n',
    'bad.yaml': 'log: {levle: debug}\npose: 3\n',
  });
  const good = await runFromSource(['config', 'check', join(home, 'good.yaml')], {
    home,
    environment: { EDGE_POSE_MODEL__THREADS: 'many' },
  });
  t.match(good, { code: 0, stdout: `OK: ${join(home, 'good.yaml')}\n`, stderr: '' });
  const bad = await runFromSource(['config', 'check', join(home, 'bad.yaml')], { home });
  t.not(bad.code, 0);
  t.equal(bad.stdout, '');
  t.match(bad.stderr, 'log.levle: expected a known key (did you mean level?), found an unknown one');
  t.match(bad.stderr, 'pose: expected a mapping with the keys min_score, found the number 3');
  t.match(bad.stderr, 'bad.yaml, line 2)');
  t.match(bad.stderr, 'pose-agent config schema', 'the remedy');
  const absent = await runFromSource(['config', 'check', join(home, 'absent.yaml')], { home });
  t.not(absent.code, 0);
  t.match(absent.stderr, /absent\.yaml does not exist/);
});

t.test('config schema is a JSON Schema, also where the machine’s configuration is broken', async (t) => {
  const home = t.testdir();
  writeFileSync(join(home, 'bad.yaml'), '[');
  const environment = { EDGE_POSE_CONFIG: join(home, 'bad.yaml') };
  const { code, stdout } = await runFromSource(['config', 'schema'], { home, environment });
  t.equal(code, 0);
  t.match(JSON.parse(stdout), {
    type: 'object',
    additionalProperties: false,
    properties: { mqtt: { type: 'object' } },
  });
});

t.test('config reset is the way back from a version that leaves none above it', async (t) => {
  const home = t.testdir();
  const stateDir = join(home, '.local/state/edge-pose-agent');
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(8));
  await store.markGood();
  await store.beginProbation(document(Number.MAX_SAFE_INTEGER));
  await store.rollBack('it was bad');
  await t.rejects(store.beginProbation(document(9)), /is not above/);

  const unasked = await runFromSource(['config', 'reset'], { home });
  t.match(unasked, {
    code: 1,
    stdout:
      /version 8 \("doc-8"\) is in effect, good; the last that was accepted is version 9007199254740991/,
  });
  t.match(unasked.stderr, /Nothing was changed: .* \(CONFIRMATION_NEEDED\)\n.*--yes/s);
  t.equal((await ConfigStore.open(stateDir)).state.accepted?.version, Number.MAX_SAFE_INTEGER);

  const reset = await runFromSource(['config', 'reset', '--yes'], { home });
  t.match(reset, {
    code: 0,
    stderr: '',
    stdout: /Done; put aside: .*state\.json\.before-reset.* had been 9007199254740991\./s,
  });
  t.match(reset.stdout, /mosquitto_pub .* -r -n -t edgepose\/v1\/.*\/config\/desired\n/);
  const after = await ConfigStore.open(stateDir);
  t.match(
    { state: after.state, notices: after.notices },
    { state: { active: null, accepted: null }, notices: [] },
  );
  await after.beginProbation(document(1));
  t.match((await ConfigStore.open(stateDir)).state.active, { version: 1 });
  const kept = readFileSync(join(stateDir, 'config/state.json.before-reset'), 'utf8');
  t.match(JSON.parse(kept).content, { lastGood: { version: 8 } }, 'what was there can be looked up');
});

t.test('config reset where there is nothing, or nothing that can be read', async (t) => {
  const home = t.testdir();
  const stateDir = join(home, '.local/state/edge-pose-agent');
  t.match(await runFromSource(['config', 'reset', '--yes'], { home }), {
    code: 0,
    stdout: /No remote configuration is stored\..*There was nothing to forget\./s,
  });
  const store = await ConfigStore.open(stateDir);
  await store.beginProbation(document(3));
  await store.markGood();
  truncateSync(join(stateDir, 'config/state.json'), 20);
  t.match(await runFromSource(['config', 'reset', '--yes'], { home }), { code: 0, stderr: '' });
  t.match((await ConfigStore.open(stateDir)).state, { active: null, accepted: null });
});
