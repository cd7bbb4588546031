import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AgentError, type ErrorCode } from '../../errors.js';
import { converterFolder, type Environment } from './environment.js';

/** A picture on its way to the converter: BGR, 8 bits a channel, packed rows. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export interface ConverterRun {
  environment: Environment;
  request: Record<string, unknown>;
  /** No more are taken from it than the converter wants. */
  pictures: AsyncIterable<Picture>;
  onStep?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const answer = z.union([
  z.strictObject({ step: z.string() }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({
    fault: z.strictObject({
      kind: z.enum(['unreadable', 'unsupported', 'mismatch', 'unwritable']),
      message: z.string(),
    }),
  }),
]);

const codes = {
  unreadable: 'MODEL_UNREADABLE',
  unsupported: 'MODEL_CONVERSION_FAILED',
  mismatch: 'MODEL_CONVERSION_FAILED',
  unwritable: 'OUTPUT_UNWRITABLE',
} as const satisfies Record<string, ErrorCode>;

/**
 * Runs scripts/convert/convert.py to its end and returns its result. It dies with this process.
 * Throws AgentError MODEL_UNREADABLE, MODEL_CONVERSION_FAILED, OUTPUT_UNWRITABLE, and what `pictures` throws.
 */
export async function runConverter(run: ConverterRun): Promise<unknown> {
  const { environment, signal } = run;
  const child = spawn(environment.python, ['-S', join(converterFolder, 'convert.py')], {
    // Nothing of what the user set for their own Python programs.
    env: {
      PATH: process.env.PATH ?? '',
      TMPDIR: process.env.TMPDIR ?? '/tmp',
      PYTHONPATH: environment.path.join(':'),
      PYTHONPYCACHEPREFIX: environment.cache,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  const [fed, answers, end] = await Promise.allSettled([
    feed(child.stdin, run).catch((error) => {
      child.kill('SIGKILL');
      throw error;
    }),
    listen(child, run.onStep),
    ended(child),
  ]);
  if (fed.status === 'rejected') throw fed.reason;
  if (end.status === 'rejected') throw end.reason;
  if (answers.status === 'rejected') throw answers.reason;
  if (answers.value === undefined) {
    throw new AgentError('MODEL_CONVERSION_FAILED', `The converter ended with ${end.value}`);
  }
  return answers.value.result;
}

/** The request, then the pictures. */
async function feed(stdin: Writable, { request, pictures }: ConverterRun): Promise<void> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${JSON.stringify({ ...request, parent: process.pid })}\n`);
    for await (const { width, height, pixels } of pictures) {
      const header = Buffer.alloc(8);
      header.writeUInt32LE(width, 0);
      header.writeUInt32LE(height, 4);
      yield header;
      yield pixels;
    }
  }
  try {
    await pipeline(Readable.from(bytes(), { objectMode: false, highWaterMark: 2 ** 20 }), stdin);
  } catch (error) {
    // It has what it wants, or is gone, which its end says better.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ECONNRESET') throw error;
  }
}

async function listen(
  child: ChildProcess,
  onStep: ConverterRun['onStep'],
): Promise<{ result: unknown } | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = answer.parse(JSON.parse(line));
    if ('step' in said) onStep?.(said.step);
    else if ('fault' in said) throw new AgentError(codes[said.fault.kind], said.fault.message);
    else return { result: said.result };
  }
  return undefined;
}

/** Resolves to how it ended and the last words of its libraries. */
function ended(child: ChildProcess): Promise<string> {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      const last = words.trim().split('\n').slice(-2).join(' ');
      settle(`${signal ?? `code ${code}`}${last === '' ? '' : `: ${last}`}`);
    });
  });
}
