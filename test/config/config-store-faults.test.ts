import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { ConfigStore } from '../../src/config/config-store.js';
import { requireStrace } from '../support/require-strace.js';
import { document, type Operation, startProcess, statesOf, timeless } from './store-operations.js';

const accepted: Operation[] = [['beginProbation', document(1)], ['markGood']];

/** What a log of strace says was done, call by call, each where it ended: `fsync state.json.tmp`. */
function callsIn(log: string): string[] {
  const begun = new Map<string, string>();
  return log.split('\n').flatMap((line) => {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (call.endsWith('<unfinished ...>')) {
      begun.set(thread, call);
      return [];
    }
    const whole = call.startsWith('<...') ? `${begun.get(thread)}` : call;
    const said = /^write\(1<.*?"(.*)"/.exec(whole)?.[1];
    if (said !== undefined) return [`say ${said.replaceAll('\\"', '"').replace(/^\{"(\w+)".*/, '$1')}`];
    const [, name, path] = /^(write|fsync|rename)\([^"<]*["<]([^">]+)/.exec(whole) ?? [];
    return path?.includes('/state/') ? [`${name} ${basename(path)}`] : [];
  });
}

t.test('fsync(file), rename, fsync(directory), and only then is it said', async (t) => {
  if (!requireStrace(t)) return;
  const stateDir = join(t.testdir({ state: { x: {} } }), 'state/x');
  const log = join(stateDir, 'trace');
  const { code } = await startProcess(stateDir, accepted, [
    ...['-y', '-s', '200', '-o', log, '-e', 'trace=write,fsync,rename'],
  ]).done;
  t.equal(code, 0);
  const stored = (file: string) => [
    `write ${file}.tmp`,
    `fsync ${file}.tmp`,
    `rename ${file}.tmp`,
    'fsync config',
  ];
  t.same(callsIn(readFileSync(log, 'utf8')), [
    'say notices',
    'fsync x', // the folder above the new one
    ...stored('state.json'),
    'say done',
    ...stored('state.json'),
    ...stored('last-good.json'),
    'say done',
  ]);
});

interface Fault {
  /** The call that fails and how, as strace takes it; `when` counts calls on `file` alone. */
  inject: string;
  file: string;
  /** What the message says. */
  errno: string;
}

/** Each hits the third write of state.json and nothing after it. */
const faults: Fault[] = [
  { inject: 'write:error=ENOSPC:when=3', file: 'config/state.json.tmp', errno: 'ENOSPC' },
  { inject: 'fsync:error=ENOSPC:when=3', file: 'config/state.json.tmp', errno: 'ENOSPC' },
  { inject: 'fsync:error=EIO:when=3', file: 'config/state.json.tmp', errno: 'EIO' },
  { inject: 'openat:error=EROFS:when=5', file: 'config/state.json.tmp', errno: 'EROFS' },
  { inject: 'openat:error=EACCES:when=5', file: 'config/state.json.tmp', errno: 'EACCES' },
  { inject: 'openat:error=ENOSPC:when=5', file: 'config/state.json.tmp', errno: 'ENOSPC' },
  { inject: 'rename:error=ENOSPC:when=3', file: 'config/state.json.tmp', errno: 'ENOSPC' },
  // The directory is synced twice for the second operation: the new state is in place, and has to be taken back.
  { inject: 'fsync:error=EIO:when=4', file: 'config', errno: 'EIO' },
];

for (const { inject, file, errno } of faults) {
  t.test(`${inject} on ${file}: refused with its code, the old state stays, and it heals`, async (t) => {
    if (!requireStrace(t)) return;
    const stateDir = t.testdir();
    mkdirSync(join(stateDir, 'config'));
    const states = statesOf(accepted).map(timeless);
    const strace = ['-o', '/dev/null', '-P', join(stateDir, file), `--inject=${inject}`];

    const { lines } = await startProcess(stateDir, [...accepted, ['beginProbation', document(2)]], strace)
      .done;
    t.match(lines, [
      { notices: [] },
      { done: 'beginProbation' },
      { done: 'markGood' },
      {
        code: 'CONFIG_STORE_UNWRITABLE',
        message: new RegExp(`state\\.json gives ${errno}$`),
        files: ['last-good.json', 'state.json'],
      },
    ]);
    t.same(timeless(lines[3]?.state as never), states.at(-1), 'in memory');
    const store = await ConfigStore.open(stateDir);
    t.same(timeless(store.state), states.at(-1), 'and on disk');
    t.same(store.notices, []);

    await store.beginProbation(document(2));
    t.match((await ConfigStore.open(stateDir)).state.active, { version: 2, phase: 'probation' });
  });
}

t.test('after a full disk the same process goes on', async (t) => {
  if (!requireStrace(t)) return;
  const stateDir = t.testdir();
  mkdirSync(join(stateDir, 'config'));
  const strace = ['-o', '/dev/null', '-P', join(stateDir, 'config/state.json.tmp')];
  const work: Operation[] = [
    ...accepted,
    ['beginProbation', document(2)],
    ['beginProbation', document(2)],
    ['markGood'],
  ];
  const { lines } = await startProcess(stateDir, work, [...strace, '--inject=write:error=ENOSPC:when=3'])
    .done;
  t.match(lines.slice(3), [
    { code: 'CONFIG_STORE_UNWRITABLE' },
    { done: 'beginProbation' },
    { done: 'markGood' },
  ]);
  t.match((await ConfigStore.open(stateDir)).state.lastGood, { version: 2 });
});

t.test('a roll-back takes effect on a full disk too, and is on disk with the next change', async (t) => {
  if (!requireStrace(t)) return;
  const stateDir = t.testdir();
  mkdirSync(join(stateDir, 'config'));
  const strace = ['-o', '/dev/null', '-P', join(stateDir, 'config/state.json.tmp')];
  const work: Operation[] = [...accepted, ['beginProbation', document(2)], ['rollBack', 'it failed']];
  const enospc = [...strace, '--inject=write:error=ENOSPC:when=4'];
  const { lines } = await startProcess(stateDir, work, enospc).done;
  t.match(lines[4], {
    code: 'CONFIG_STORE_UNWRITABLE',
    state: {
      active: { version: 1, phase: 'good' },
      lastTerminalReport: { version: 2, status: 'rolled_back' },
    },
  });
  t.match((await ConfigStore.open(stateDir)).state.active, { version: 2, phase: 'probation' });

  const again = t.testdir();
  mkdirSync(join(again, 'config'));
  const later = [...strace.slice(0, -1), join(again, 'config/state.json.tmp'), ...enospc.slice(-1)];
  await startProcess(again, [...work, ['beginProbation', document(3)]], later).done;
  t.match((await ConfigStore.open(again)).state, { active: { version: 3 }, lastGood: { version: 1 } });
});

t.test(
  'where only the second copy of the last good document fails, it is made with the next change',
  async (t) => {
    if (!requireStrace(t)) return;
    const stateDir = t.testdir();
    mkdirSync(join(stateDir, 'config'));
    const strace = ['-o', '/dev/null', '-P', join(stateDir, 'config/last-good.json.tmp')];
    const { lines } = await startProcess(stateDir, accepted, [
      ...strace,
      '--inject=write:error=ENOSPC:when=1',
    ]).done;
    t.match(lines.slice(1), [{ done: 'beginProbation' }, { done: 'markGood' }]);
    t.throws(() => readFileSync(join(stateDir, 'config/last-good.json')), { code: 'ENOENT' });
    await ConfigStore.open(stateDir);
    t.match(readFileSync(join(stateDir, 'config/last-good.json'), 'utf8'), '"version":1');
  },
);
