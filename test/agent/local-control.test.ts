import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { askAgent, LocalControl } from '../../src/agent/local-control.js';
import { AgentError } from '../../src/errors.js';

t.test('one process has a state folder, and takes requests', async (t) => {
  const folder = join(t.testdir(), 'not/there/yet');
  t.equal(await askAgent(folder, 'config-reset'), undefined, 'nobody has it');
  const local = await LocalControl.take(folder);
  if (!local) throw new Error('the folder is free');
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(await LocalControl.take(folder), undefined, 'nobody else gets it');
  await t.rejects(askAgent(folder, 'config-reset'), { code: 'DEPLOYMENT_BUSY', message: /is starting/ });
  let count = 0;
  local.serve({ 'config-reset': async () => ({ count: ++count }) });
  t.same(await askAgent(folder, 'config-reset'), { count: 1 });
  await t.rejects(askAgent(folder, 'toString' as never), {
    code: 'AGENT_UNREACHABLE',
    message: /unknown request/,
  });
  local.serve({
    'config-reset': async () => {
      throw new AgentError('CONFIG_STORE_UNWRITABLE', 'it is full');
    },
  });
  await t.rejects(askAgent(folder, 'config-reset'), {
    code: 'CONFIG_STORE_UNWRITABLE',
    message: 'it is full',
  });
  await local.close();
  t.equal(await askAgent(folder, 'config-reset'), undefined);
  t.notOk(existsSync(join(folder, 'agent.sock')), 'nothing is left of it');
});

t.test('whoever was killed has it no longer', async (t) => {
  const folder = t.testdir();
  const source = resolve(import.meta.dirname, '../../src/agent/local-control.ts');
  const script = `
    import { LocalControl } from ${JSON.stringify(source)};
    await LocalControl.take(${JSON.stringify(folder)});
    process.stdout.write('taken');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  t.equal(await LocalControl.take(folder), undefined);
  child.kill('SIGKILL');
  await once(child, 'close');
  t.ok(existsSync(join(folder, 'agent.sock')));
  t.equal(await askAgent(folder, 'config-reset'), undefined);
  const local = await LocalControl.take(folder);
  t.ok(local);
  await local?.close();
});

t.test('the path of the state folder may be of any length', async (t) => {
  const folder = join(t.testdir(), ...Array(4).fill('x'.repeat(100)));
  mkdirSync(folder, { recursive: true });
  const local = await LocalControl.take(folder);
  local?.serve({ 'config-reset': async () => ({ long: true }) });
  t.same(await askAgent(folder, 'config-reset'), { long: true });
  await local?.close();
});

t.test('what is no request is answered or cut off, and nobody else is kept waiting', async (t) => {
  // Short: these connect to the path itself.
  const folder = mkdtempSync(join(tmpdir(), 'local-control-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const local = await LocalControl.take(folder);
  local?.serve({ 'config-reset': async () => ({}) });
  const flood = connect({ path: join(folder, 'agent.sock') });
  flood.on('error', () => {});
  flood.write('x'.repeat(1_000_000));
  const silent = connect({ path: join(folder, 'agent.sock') });
  silent.on('error', () => {});
  await new Promise((settle) => flood.on('close', settle)); // with ECONNRESET or without
  t.same(await askAgent(folder, 'config-reset'), {});
  await local?.close();
});
