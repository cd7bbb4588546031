import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import type { DesiredDocument } from '../../src/config/desired-document.js';
import { type ReportedConfig, rejectedReport } from '../../src/config/reported-config.js';
import {
  accept,
  emptyState,
  fail,
  refuse,
  type StoredState,
  start,
  succeed,
} from '../../src/config/stored-state.js';

export type Operation =
  | ['beginProbation', DesiredDocument]
  | ['markGood']
  | ['rollBack', string]
  | ['countStart']
  | ['recordReport', ReportedConfig];

/** A document whose content tells its version. */
export function document(version: number): DesiredDocument {
  const config = { stats: { interval_s: version }, log: { level: 'debug' } };
  return { version, id: `doc-${version}`, config, sha256: canonicalSha256(config) };
}

/** Everything that can happen to documents, over and over; each round takes four versions. */
export function operations(rounds: number): Operation[] {
  return Array.from({ length: rounds }, (_, round): Operation[] => {
    const first = round * 4 + 1;
    const refused = { version: 1, id: `refused-${round}`, sha256: null };
    return [
      ['beginProbation', document(first)],
      ['countStart'],
      ['markGood'],
      [
        'recordReport',
        rejectedReport({ document: refused, lastGood: null }, { code: 422, message: '', problems: [] }),
      ],
      ['beginProbation', document(first + 1)],
      ['countStart'],
      ['countStart'],
      ['rollBack', 'the worker crashed'],
      ['beginProbation', document(first + 2)],
      ['beginProbation', document(first + 3)],
      ['markGood'],
    ];
  }).flat();
}

/** The state before the first operation, and after each. */
export function statesOf(operations: readonly Operation[]): StoredState[] {
  const states: StoredState[] = [emptyState];
  for (const operation of operations) states.push(stateAfter(states.at(-1) as StoredState, operation));
  return states;
}

function stateAfter(state: StoredState, [method, argument]: Operation): StoredState {
  switch (method) {
    case 'beginProbation':
      return accept(state, argument).state;
    case 'markGood':
      return succeed(state).state;
    case 'rollBack':
      return fail(state, argument).state;
    case 'countStart':
      return start(state).state;
    case 'recordReport':
      return refuse(state, argument).state;
  }
}

/** A state without the times in it, to compare. */
export function timeless(state: StoredState): unknown {
  return JSON.parse(JSON.stringify(state, (name, value) => (name === 'ts' ? undefined : value)));
}

export interface ProcessResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it said, line by line. */
  lines: Record<string, unknown>[];
  stderr: string;
}

/** A process that carries the operations out, under strace where options of it are given. */
export function startProcess(
  stateDir: string,
  operations: readonly Operation[],
  strace?: readonly string[],
): { child: ChildProcess; done: Promise<ProcessResult> } {
  const program = resolve(import.meta.dirname, 'store-operations-process.mjs');
  const list = join(stateDir, 'operations.json');
  writeFileSync(list, JSON.stringify(operations));
  const command = [process.execPath, program, stateDir, list];
  const [file, ...args] = strace === undefined ? command : ['strace', '-f', ...strace, ...command];
  const child = spawn(file as string, args, {
    // One thread for the file system, so that strace counts its calls in the order in which they are made.
    env: { PATH: process.env.PATH, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<Pick<ProcessResult, 'code' | 'signal'>>((settle) => {
    child.on('close', (code, signal) => settle({ code, signal }));
  });
  const done = Promise.all([ended, text(child.stdout), text(child.stderr)]).then(([end, stdout, stderr]) => ({
    ...end,
    lines: stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
    stderr,
  }));
  return { child, done };
}
