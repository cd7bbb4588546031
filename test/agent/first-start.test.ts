import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { freePort } from '../support/free-port.js';
import { NotifySocket } from '../support/notify-socket.js';
import { waitFor } from '../support/wait-for.js';

t.setTimeout(600_000);
const program = resolve(import.meta.dirname, '../../dist/cli/main.js');
const isRoot = process.geteuid?.() === 0;
const nobody = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

interface Box {
  home: string;
  config: string;
  /** `pose-agent run` for three frames of the clip, with nothing but the given environment. */
  run: (
    environment: Record<string, string>,
    more?: readonly string[],
  ) => { status: number | null; stdout: string; stderr: string };
}

async function setUp(t: Test, config: object = {}): Promise<Box> {
  const folder = mkdtempSync(join(tmpdir(), 'first-start-'));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  mkdirSync(home);
  const file = join(folder, 'config.yaml');
  const common = {
    device_id: 'box',
    mqtt: { embedded_port: await freePort() },
    model: { id: 'blazepose-lite' },
  };
  writeFileSync(file, stringify({ ...common, ...config }));
  t.teardown(() => {
    spawnSync('umount', ['--lazy', home]);
    rmSync(folder, { recursive: true, force: true });
  });
  const run: Box['run'] = (environment, more = []) => {
    const given = { PATH: process.env.PATH ?? '', EDGE_POSE_CONFIG: file, ...environment };
    const command = ['env', '-i', ...Object.entries(given).map(([name, value]) => `${name}=${value}`)];
    const args = [
      ...nobody,
      ...command,
      process.execPath,
      program,
      'run',
      '--frames',
      '3',
      '--pace',
      'max',
      ...more,
    ];
    return spawnSync(args[0] as string, args.slice(1), { encoding: 'utf8', timeout: 100_000, cwd: '/' });
  };
  return { home, config: file, run };
}

t.test('a home that cannot be written: poses come, and what is missing is said', async (t) => {
  const { home, run } = await setUp(t);
  chmodSync(home, 0o555);
  const { status, stdout, stderr } = run({ HOME: home });
  t.equal(status, 0, stderr);
  t.match(stdout, /First pose:/);
  t.match(stderr, /cannot be written \(EACCES\): nothing is stored/);
  t.match(stderr, /STATE_DIR|state_dir/, 'and what to do');
});

t.test('no home at all', async (t) => {
  const { run } = await setUp(t);
  for (const environment of [{ HOME: '/nonexistent' }, {}]) {
    const { status, stdout, stderr } = run(environment as Record<string, string>);
    t.equal(status, 0, stderr);
    t.match(stdout, /First pose:/, JSON.stringify(environment));
    t.match(stderr, /cannot be written/);
  }
});

t.test('a state folder that can be none, since a file is in its place', async (t) => {
  const { home, run } = await setUp(t, { state_dir: '/etc/hostname/state' });
  const { status, stdout, stderr } = run({ HOME: home });
  t.equal(status, 0, stderr);
  t.match(stdout, /First pose:/);
  t.match(stderr, /\/etc\/hostname\/state cannot be written \(ENOTDIR\)/);
});

t.test('neither the state folder nor /tmp can be written', async (t) => {
  const { home, run } = await setUp(t);
  chmodSync(home, 0o555);
  const { status, stderr } = run({ HOME: home, TMPDIR: '/nonexistent' });
  t.equal(status, 1, stderr);
  t.match(stderr, /error: The model store cannot be written: .*\(OUTPUT_UNWRITABLE\)\n.*folder/);
  t.notMatch(stderr, /^\s+at .*\.js/m, 'no stack');
});

t.test('a full or a read-only /tmp is not needed', async (t) => {
  const { home, run } = await setUp(t);
  chmodSync(home, 0o777);
  const { status, stdout, stderr } = run({ HOME: home, TMPDIR: '/nonexistent' });
  t.equal(status, 0, stderr);
  t.match(stdout, /First pose:/);
  t.ok(statSync(join(home, '.local/state/edge-pose-agent/models')).isDirectory());
});

t.test('as a service it stays up and within reach, whatever cannot be written', async (t) => {
  const { home, run } = await setUp(t);
  chmodSync(home, 0o555);
  const address = `@first-start-${process.pid}`;
  const socket = await NotifySocket.open(address);
  t.teardown(() => socket.close());
  const environment = { HOME: home, TMPDIR: '/nonexistent', NOTIFY_SOCKET: address };
  const { status, stderr } = run(environment, ['--duration', '6']);
  t.equal(status, 0, stderr);
  t.match(stderr, /OUTPUT_UNWRITABLE/);
  await waitFor('READY=1', () => socket.received.some(({ text }) => text.includes('READY=1')));
  t.notMatch(stderr, /^\s+at .*\.js/m, 'no stack');
});
