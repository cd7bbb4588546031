import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openSession } from '../../src/engine/session.js';
import { blazeposeOptions } from '../support/blazepose-options.js';
import { atScale, reached } from '../support/fault-figure.js';

const exits = atScale({ few: 6, tenth: 20, full: 200 });
const cycles = atScale({ few: 5, tenth: 15, full: 30 });
const script = resolve(import.meta.dirname, '../support/leave-inference.mjs');
const stateDir = mkdtempSync(join(tmpdir(), 'exit-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));

/** How a process ends that nothing goes wrong with; the last by a signal. */
const ways = {
  exit: { code: 7, signal: null },
  return: { code: 0, signal: null },
  throw: { code: 1, signal: null },
  wait: { code: null, signal: 'SIGTERM' },
} as const;

type Way = keyof typeof ways;

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** Starts inferences in a process of their own and ends it so many ms after the first result. */
async function leave(way: Way, ms: number, options: string): Promise<Ending> {
  const child = spawn(process.execPath, [script, options, way, String(ms)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close');
  const [first] = await Promise.race([once(child.stdout, 'data'), ended]);
  if (way === 'wait' && Buffer.isBuffer(first)) {
    await sleep(ms);
    child.kill('SIGTERM');
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return { code, signal, stderr };
}

t.setTimeout(600_000);

t.test('a process that ends during inference ends as it should', { timeout: 3_000_000 }, async (t) => {
  const options = JSON.stringify(await blazeposeOptions(stateDir));
  let clean = 0;
  let crashes = 0;
  for (let i = 0; i < exits; i++) {
    const way = (Object.keys(ways) as Way[])[i % 4] as Way;
    const ms = Math.round(Math.random() * 150);
    const { stderr, ...ending } = await leave(way, ms, options);
    const isClean = t.same(ending, ways[way], `${way} after ${ms} ms`);
    if (isClean) clean++;
    else t.comment(stderr);
    if (['SIGSEGV', 'SIGABRT', 'SIGBUS'].includes(ending.signal ?? '')) crashes++;
  }
  reached(t, { fault: 'teardown', what: 'clean ends during inference', value: clean, exactly: exits });
  reached(t, { fault: 'teardown', what: 'crashes', value: crashes, exactly: 0 });
});

t.test('a thread that ends during a measurement ends as it should', { timeout: 120_000 }, async (t) => {
  const program = resolve(import.meta.dirname, '../support/terminate-measurement.mjs');
  const seconds = 1; // Node.js waits for it
  const child = spawn(process.execPath, [
    program,
    JSON.stringify(await blazeposeOptions(stateDir)),
    `${seconds}`,
  ]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  t.same({ code, signal, output }, { code: 0, signal: null, output: 'ended with 1\n' });
});

t.test('opened and closed again and again, memory does not grow', { timeout: 300_000 }, async (t) => {
  const options = await blazeposeOptions(stateDir);
  const [width, height] = [320, 240];
  const cycle = async (): Promise<void> => {
    const session = await openSession('openvino', options);
    const pixels = new Uint8Array(width * height * 3).fill(127);
    await session.infer({ pixels, width, height, camera: 0, timeMs: 0 });
    await session.close();
  };
  for (let i = 0; i < 5; i++) await cycle();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < cycles; i++) await cycle();
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  // A model that is not freed is more than 10 MiB.
  const what = `growth a session, ${cycles} opened and closed`;
  reached(t, { fault: 'teardown', what, value: grown / cycles, unit: 'MiB', atMost: 4 });
});
