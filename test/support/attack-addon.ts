/**
 * Calls everything that an addon exports with arguments that nobody should pass, in a process of its own:
 * `attack-addon.ts ADDON RUNS SEED CASE_FILE`. What is being tried stands in CASE_FILE, for when the process dies of it. The last
 * line of its output says what was called, as JSON; any other end than 0 is a failed test.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import {
  type ValidCalls,
  validCalls,
  validMaskCalls,
  validRingCalls,
  validSessionCalls,
} from './addon-calls.js';
import { attackSessions } from './attack-sessions.js';
import { anyChange, type Change, copied, spoil } from './hostile-values.js';
import { judgeAnswer } from './judge-answer.js';

const [name = '', runs = '', seed = '', caseFile = ''] = process.argv.slice(2);
const numRuns = Number(runs);
const folder = mkdtempSync(join(tmpdir(), 'attack-'));
// Files that a hostile path makes are made here.
process.chdir(folder);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// biome-ignore lint/suspicious/noExplicitAny: whatever an addon exports
type AnyFunction = (...args: any[]) => unknown;

const root = resolve(import.meta.dirname, '../..');
const addonFolder = process.env.EDGE_POSE_NATIVE_DIR ?? join(root, 'build/native');
const addon = createRequire(import.meta.url)(join(addonFolder, `${name}.node`)) as Record<
  string,
  AnyFunction
>;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const calls: Record<string, number> = {};
const answers = { right: 0, refused: 0 };

function trying(text: string): void {
  writeFileSync(caseFile, text);
}

/** How arguments are passed: a call on another `this`, with some left out, or `new`. */
const anyManner = fc.record({
  keep: fc.oneof({ weight: 4, arbitrary: fc.constant(9) }, { weight: 1, arbitrary: fc.nat(3) }),
  self: fc.oneof(
    { weight: 6, arbitrary: fc.constant('own') },
    { weight: 1, arbitrary: fc.constantFrom('undefined', 'object', 'prototype', 'array') },
  ),
});

function otherSelf(kind: string, own: unknown): unknown {
  if (kind === 'own') return own;
  if (kind === 'undefined') return undefined;
  if (kind === 'prototype') return own === undefined || own === null ? {} : Object.getPrototypeOf(own);
  return kind === 'array' ? [] : Object.create(Object(own));
}

async function attack(
  label: string,
  method: AnyFunction,
  own: () => unknown,
  valid: () => unknown[],
): Promise<void> {
  calls[label] = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { maxLength: 3 }), anyManner, async (changes: Change[], manner) => {
      const args = copied(valid());
      const words = spoil(args, changes);
      trying(`${label}: ${words}, ${JSON.stringify(manner)}`);
      calls[label] = (calls[label] ?? 0) + 1;
      const given = args.slice(0, manner.keep);
      const answer = await judgeAnswer(() => Reflect.apply(method, otherSelf(manner.self, own()), given));
      answers[answer]++;
    }),
    { numRuns, seed: Number(seed), endOnFailure: true },
  );
}

/** What a call of core.node gives, method by method. */
async function attackMade(
  what: string,
  make: () => Record<string, AnyFunction>,
  valid: ValidCalls,
): Promise<void> {
  const made = make();
  for (const [label, method] of Object.entries(made)) {
    if (typeof method !== 'function') continue;
    const args = valid[label];
    if (args === undefined)
      throw new Error(`${what} has ${label}: say in addon-calls.ts how it is called rightly`);
    const called = label === 'close' ? (...given: unknown[]) => make().close?.(...given) : method;
    await attack(`${what}.${label}`, called, () => made, args);
  }
}

async function attackAll(): Promise<void> {
  const valid = await validCalls(name, folder);
  const firstOpen = valid.open?.();
  for (const [label, method] of Object.entries(addon)) {
    if (typeof method !== 'function') throw new Error(`${name} exports ${label}, which is no function`);
    const args = valid[label];
    if (args === undefined)
      throw new Error(`${name} exports ${label}: say in addon-calls.ts how it is called rightly`);
    await attack(label, method, () => addon, args);
  }
  for (const [what, create, methods] of [
    ['ring', 'createPictureRing', validRingCalls()],
    ['masks', 'createPictureMasks', validMaskCalls()],
  ] as const) {
    const make = addon[create];
    if (make !== undefined)
      await attackMade(what, () => make(...(valid[create]?.() ?? [])) as never, methods);
  }
  if (addon.open === undefined || firstOpen === undefined) return;
  const open = (): Promise<object> => addon.open?.(...firstOpen) as Promise<object>;
  const session = await open();
  const prototype = Object.getPrototypeOf(session) as object;
  const sessionCalls = validSessionCalls();
  for (const [label, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: AnyFunction = label === 'constructor' ? construct : (descriptor.get ?? descriptor.value);
    const args = sessionCalls[label];
    if (args === undefined)
      throw new Error(`a session has ${label}: say in addon-calls.ts how it is called rightly`);
    // One that is open for what needs it; what ends a session is for sessions of its own.
    const closes = label === 'close' || label === 'leave';
    const own = closes ? await sessionsToClose(open) : () => session;
    await attack(`session.${label}`, method, own, args);
    await closeAll();
  }
  await attackSessions({
    open,
    prototype,
    numRuns: Math.ceil(numRuns / 4),
    seed: Number(seed),
    trying,
    collectGarbage,
  });
  await (session as { close(): Promise<void> }).close();

  function construct(...args: unknown[]): unknown {
    return Reflect.construct((session as { constructor: AnyFunction }).constructor, args);
  }
}

const toClose: object[] = [];

/** A few sessions in turn: most calls meet one that is closed or closing. */
async function sessionsToClose(open: () => Promise<object>): Promise<() => object> {
  for (let i = 0; i < 4; i++) toClose.push(await open());
  let next = 0;
  return () => toClose[next++ % toClose.length] as object;
}

async function closeAll(): Promise<void> {
  for (const session of toClose.splice(0)) {
    try {
      await (session as { close(): Promise<void> }).close();
    } catch {
      // It was closed by the attack.
    }
  }
}

/** MiB that the process holds after everything that can be freed has been. */
async function heldMiB(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await sleep(20);
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

// The same attacks again and again: what is kept after the first rounds is lost.
const rounds = Number(process.env.ATTACK_ROUNDS ?? 1);
await attackAll();
if (rounds > 1) await attackAll();
const before = await heldMiB();
for (let i = 2; i < rounds; i++) await attackAll();
const grownMiB = (await heldMiB()) - before;
process.stdout.write(`${JSON.stringify({ calls, answers, grownMiB })}\n`);
process.exit(0);
