import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { loadCatalog } from '../../src/models/catalog.js';
import { collectGarbage } from '../../src/models/collect-garbage.js';
import { installUpdate } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { pull } from '../../src/models/pull.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { ModelStore } from '../../src/models/store.js';
import { atScale, reached } from '../support/fault-figure.js';
import { startHttpFileServer } from '../support/http-file-server.js';
import { requireStrace } from '../support/require-strace.js';
import { UpdatePublisher } from '../support/update-publisher.js';

/** The built agent's commands are what is killed, at one system call after the other. */
const program = resolve(import.meta.dirname, '../../dist/cli/main.js');
const kills = atScale({ few: 50, tenth: 50, full: 500 });

/** Everything that changes a file system; `openat` is left out, it is mostly Node.js reading its own modules. */
const calls = [
  'mkdir',
  'fsync',
  'link',
  'rename',
  'unlink',
  'rmdir',
  'ftruncate',
  'utimensat',
  'pwrite64',
  'copy_file_range',
  'chmod',
];

/** One command, the state it is given, and what it makes of that. */
interface Operation {
  name: string;
  args: string[];
  /** A state folder to begin from. */
  before: string;
  /** Finishes in this process what the command was killed at. */
  again: (stateDir: string) => Promise<unknown>;
}

interface Visible {
  current: string | undefined;
  previous: string | undefined;
  updates: string[];
  faults: readonly string[];
  packaged: boolean;
}

/** All that a reader can see: which models there are and which runs, without dates. */
async function visible(stateDir: string): Promise<Visible> {
  const { current, previous, updates, faults } = await new ModelSlots({ stateDir }).read();
  const store = new ModelStore(stateDir);
  const packaged = await store.holds(loadCatalog().find('blazepose-lite'));
  return {
    current: current && `${current.name} ${current.phase}`,
    previous,
    updates: updates.map(({ name, status }) => `${name} ${status}`),
    faults,
    packaged,
  };
}

async function setUp(t: Test) {
  // What a kill leaves does not depend on the disk below: in memory all of it is quicker.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'power-loss-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const { policy } = publisher;
  const at = (name: string) => join(folder, name);
  const envelope = (version: number) => publisher.envelope({ version });
  for (const version of [1, 2, 3]) publisher.publish({ version });
  writeFileSync(at('hall-2.json'), envelope(2));

  const install = (stateDir: string, version: number) =>
    installUpdate({ envelope: envelope(version) }, { stateDir, policy });
  const slots = (stateDir: string) => new ModelSlots({ stateDir });
  const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);

  await install(at('first'), 1);
  await slots(at('first')).activate('hall@1');
  await slots(at('first')).markGood('hall@1');
  copy(at('first'), at('installed'));
  await install(at('installed'), 2);
  copy(at('installed'), at('activated'));
  await slots(at('activated')).activate('hall@2');
  copy(at('activated'), at('left'));
  await slots(at('left')).rollBack();
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  for (const name of readdirSync(at('left'), { recursive: true }) as string[]) {
    utimesSync(join(at('left'), name), yesterday, yesterday);
  }
  mkdirSync(at('empty'));

  const lite = (stateDir: string) =>
    pull(loadCatalog().find('blazepose-lite'), { store: new ModelStore(stateDir) });
  const operations: Operation[] = [
    {
      name: 'pull of an update',
      args: ['pull', '--manifest', at('hall-2.json')],
      before: 'first',
      again: (dir) => install(dir, 2),
    },
    {
      name: 'activate',
      args: ['activate', 'hall@2'],
      before: 'installed',
      again: (dir) => slots(dir).activate('hall@2'),
    },
    {
      name: 'rollback',
      args: ['rollback'],
      before: 'activated',
      again: (dir) => slots(dir).rollBack({ from: 'hall@2' }),
    },
    { name: 'clean', args: ['clean'], before: 'left', again: (stateDir) => collectGarbage({ stateDir }) },
    { name: 'pull of a known model', args: ['pull', 'blazepose-lite'], before: 'empty', again: lite },
  ];
  const work = at('work');
  const config = at('config.yaml');
  writeFileSync(config, stringify({ device_id: 'box', state_dir: work, updates: policy }));
  /** A fresh state folder for the operation. */
  const begin = ({ before }: Operation) => {
    rmSync(work, { recursive: true, force: true });
    copy(at(before), work);
  };
  return { folder, work, config, operations, begin };
}

/** Runs a command under strace, or without it where there are no arguments for it; true where it was killed. */
async function run(args: string[], config: string, strace: string[], killAfterMs?: number): Promise<boolean> {
  // With one thread for files, the system calls of a command always come in the same order; and with nothing of this
  // process's environment there are no others among them.
  const clean = ['env', '-i', 'HOME=/nonexistent', 'UV_THREADPOOL_SIZE=1'];
  const node = [...clean, process.execPath, program, 'models', ...args, '--config', config];
  const [command = '', ...rest] = strace.length === 0 ? node : ['strace', '-f', ...strace, ...node];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  if (killAfterMs !== undefined) sleep(killAfterMs).then(() => child.kill('SIGKILL'));
  const [code, signal] = await once(child, 'close');
  if (code === 0) return false;
  if (signal === 'SIGKILL' || code === 137) return true;
  throw new Error(`${args.join(' ')} ended with ${code ?? signal}: ${stderr}`);
}

/** Every system call of the operation that can be killed at: its name, and which one of that name it is. */
async function killPoints(args: string[], config: string, log: string): Promise<[string, number][]> {
  await run(args, config, ['-e', `trace=${calls.join()}`, '-o', log]);
  const points: [string, number][] = [];
  for (const call of calls) {
    const pattern = new RegExp(`^\\d+ +${call}\\(`);
    const count = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line)).length;
    for (let index = 1; index <= count; index++) points.push([call, index]);
  }
  return points;
}

/** A place to be killed at, and the two states that may be found afterwards. */
interface KillPoint {
  operation: Operation;
  call: string;
  index: number;
  old: Visible;
  new: Visible;
}

type Bench = Awaited<ReturnType<typeof setUp>>;

/** Every place of every operation. */
async function survey({ folder, work, config, operations, begin }: Bench): Promise<KillPoint[]> {
  const points: KillPoint[] = [];
  for (const operation of operations) {
    begin(operation);
    const old = await visible(work);
    const found = await killPoints(operation.args, config, join(folder, 'strace.log'));
    const done = await visible(work);
    if (isDeepStrictEqual(old, done)) throw new Error(`${operation.name} changed nothing`);
    points.push(...found.map(([call, index]) => ({ operation, call, index, old, new: done })));
  }
  return points;
}

/** Kills the operation at its place, or after a while of any length, and looks at what is left. */
async function killOnce(
  { work, config, begin }: Bench,
  point: KillPoint,
  atRandom: boolean,
): Promise<'old' | 'new'> {
  const { args, again } = point.operation;
  const inject = ['-e', `trace=${point.call}`, '-e', `inject=${point.call}:signal=KILL:when=${point.index}`];
  const kill = () =>
    atRandom
      ? run(args, config, [], 150 + Math.random() * 250)
      : run(args, config, [...inject, '-o', '/dev/null']);
  begin(point.operation);
  while (!(await kill())) {
    if (!atRandom) throw new Error('it was not killed');
    begin(point.operation);
  }
  const found = await visible(work);
  const outcome = isDeepStrictEqual(found, point.old) ? 'old' : 'new';
  if (outcome === 'new') assert.deepEqual(found, point.new);
  // Every model that is to be seen is whole.
  const { updates } = await new ModelSlots({ stateDir: work }).read();
  for (const { name } of [{ name: 'auto' }, ...updates]) await resolveInstalled(name, { stateDir: work });
  await again(work);
  assert.deepEqual(await visible(work), point.new, 'done again');
  return outcome;
}

t.setTimeout(1_200_000);

t.test('killed while models are written', { timeout: 1_200_000 }, async (t) => {
  if (!requireStrace(t)) return;
  const bench = await setUp(t);
  const points = await survey(bench);
  t.ok(points.length > 100, `${points.length} system calls to be killed at`);
  const outcomes = { old: 0, new: 0 };
  for (let count = 0; count < kills; count++) {
    // A stride, so that few kills too see every operation; after one round the moment is left to chance.
    const stride = points.length / Math.min(kills, points.length);
    const point = points[Math.floor(count * stride) % points.length] as KillPoint;
    const where = `${point.operation.name}, ${point.call} number ${point.index}`;
    try {
      outcomes[await killOnce(bench, point, count >= points.length)]++;
    } catch (error) {
      t.fail(`${where}: ${(error as Error).message}`);
    }
  }
  const value = outcomes.old + outcomes.new;
  reached(t, { fault: 'power_loss', what: 'kills that left models old or new', value, exactly: kills });
  t.ok(outcomes.old > 0 && outcomes.new > 0, `${outcomes.old} times old, ${outcomes.new} times new`);
});
