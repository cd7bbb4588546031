import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { ConfigStore } from '../../src/config/config-store.js';
import { atScale, reached } from '../support/fault-figure.js';
import { requireStrace } from '../support/require-strace.js';
import {
  document,
  type Operation,
  operations,
  startProcess,
  statesOf,
  timeless,
} from './store-operations.js';

const atCalls = atScale({ few: 40, tenth: 40, full: 400 });
const atMoments = atScale({ few: 10, tenth: 10, full: 100 });
// One round makes about 200 calls.
const rounds = atScale({ few: 1, tenth: 1, full: 3 });

const files = [
  'config',
  'config/state.json',
  'config/state.json.tmp',
  'config/last-good.json',
  'config/last-good.json.tmp',
];

/** A state folder as a crash long ago may have left it. */
function newStateDir(folder: string): string {
  const stateDir = mkdtempSync(join(folder, 'state-'));
  mkdirSync(join(stateDir, 'config'));
  writeFileSync(join(stateDir, 'config/state.json.tmp'), '{"half');
  return stateDir;
}

/** strace options that look at the store's files alone. */
function only(stateDir: string): string[] {
  return ['.', ...files].flatMap((file) => ['-P', join(stateDir, file)]);
}

/** Undefined where all is as it must be after `said` lines of the process: the state before or after what came next. */
async function fault(
  stateDir: string,
  states: readonly unknown[],
  said: number,
): Promise<string | undefined> {
  const store = await ConfigStore.open(stateDir);
  const found = timeless(store.state);
  // The first line says that the store is open.
  const operationsDone = Math.max(0, said - 1);
  const allowed = states.slice(operationsDone, operationsDone + 2);
  if (!allowed.some((state) => isDeepStrictEqual(state, found))) {
    return `after ${said} lines neither the old state nor the new: ${JSON.stringify(found)}`;
  }
  if (store.notices.length > 0) return store.notices.join();
  const left = readdirSync(join(stateDir, 'config')).filter((name) => name.endsWith('.tmp'));
  if (left.length > 0) return `left behind: ${left}`;
  await store.beginProbation(document(1000));
  return (await ConfigStore.open(stateDir)).state.active?.version === 1000
    ? undefined
    : 'nothing can be stored any more';
}

/** Every call that the process makes on its files, as `name:when=N` for strace's injection. */
async function callsOf(folder: string, work: Operation[]): Promise<string[]> {
  const stateDir = newStateDir(folder);
  const log = join(stateDir, 'trace');
  const { code } = await startProcess(stateDir, work, ['-o', log, ...only(stateDir)]).done;
  if (code !== 0) throw new Error(`the traced process ended with ${code}`);
  const counts = new Map<string, number>();
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const name = /^\d+ +(\w+)\(/.exec(line)?.[1];
      if (name === undefined) return [];
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return [`${name}:signal=KILL:when=${count}`];
    });
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Runs the jobs, two at a time. */
async function inPairs(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...jobs];
  const work = async () => {
    for (let job = left.pop(); job !== undefined; job = left.pop()) await job();
  };
  await Promise.all([work(), work()]);
}

t.test('killed at system calls: the old state or the new', async (t) => {
  if (!requireStrace(t)) return;
  const folder = t.testdir();
  const work = operations(rounds);
  const states = statesOf(work).map(timeless);
  const calls = await callsOf(folder, work);
  t.ok(calls.length > atCalls, `${calls.length} system calls`);
  const points = shuffled(calls).slice(0, atCalls);
  const ends = new Map<string, number>();
  let survived = 0;
  await inPairs(
    points.map((point) => async () => {
      const stateDir = newStateDir(folder);
      const { signal, lines } = await startProcess(stateDir, work, [
        ...['-o', '/dev/null', ...only(stateDir)],
        `--inject=${point}`,
      ]).done;
      const problem =
        signal === 'SIGKILL' ? await fault(stateDir, states, lines.length) : `it ended by itself`;
      if (problem === undefined) survived++;
      else t.fail(`${point}: ${problem}`);
      const name = point.split(':', 1)[0] as string;
      ends.set(name, (ends.get(name) ?? 0) + 1);
      rmSync(stateDir, { recursive: true });
    }),
  );
  t.comment([...ends].map(([name, count]) => `${name} ${count}`).join(', '));
  const what = 'kills at system calls that left the configuration old or new';
  reached(t, { fault: 'power_loss', what, value: survived, exactly: atCalls });
});

t.test('killed at any moment: the old state or the new', async (t) => {
  const folder = t.testdir();
  const work = operations(200);
  const states = statesOf(work).map(timeless);
  const moments = Array.from({ length: atMoments }, () => Math.random());
  const said: number[] = [];
  let survived = 0;
  await inPairs(
    moments.map((moment) => async () => {
      const stateDir = newStateDir(folder);
      const { child, done } = startProcess(stateDir, work);
      await new Promise((settle) => child.stdout?.once('data', settle));
      setTimeout(() => child.kill('SIGKILL'), moment * 300);
      const { signal, lines } = await done;
      const problem =
        signal === 'SIGKILL' ? await fault(stateDir, states, lines.length) : 'it ended by itself';
      if (problem === undefined) survived++;
      else t.fail(problem);
      said.push(lines.length);
      rmSync(stateDir, { recursive: true });
    }),
  );
  t.ok(Math.max(...said) > 5, `after ${said.sort((a, b) => a - b).join(', ')} lines`);
  const what = 'kills at any moment that left the configuration old or new';
  reached(t, { fault: 'power_loss', what, value: survived, exactly: atMoments });
});
