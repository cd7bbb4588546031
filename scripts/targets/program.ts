import { execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(import.meta.dirname, '../..');
export const agentProgram = join(root, 'dist/cli/main.js');
export const python = join(root, '.runtime/peers/bin/python');

const run = promisify(execFile);

/** Standard output of a program. Throws with the end of what it said where it fails. */
export async function output(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  try {
    const { stdout } = await run(command, args, { maxBuffer: 1 << 26, env: { ...process.env, ...env } });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${`${stdout}${stderr}`.slice(-2000)}`);
  }
}

/** What `pose-agent bench --json` prints, as far as it is used here. */
export interface Bench {
  fps: number;
  ceiling_fps: number;
  ratio: number;
  frames: number;
  cpu_ms: { frame: number; network: number; rest: number };
  memory_mb: { agent: number; worker: number; capture: number };
  stages: Record<string, { p50: number; p95: number; p99: number }>;
}

export async function bench(args: readonly string[], env: Record<string, string> = {}): Promise<Bench> {
  const text = await output(process.execPath, [agentProgram, 'bench', '--json', ...args], env);
  return JSON.parse(text.trim().split('\n').at(-1) as string) as Bench;
}

let nextPort = 18_000 + (process.pid % 1000);

/** A Mosquitto on loopback for as long as `work` runs. */
export async function withMosquitto<T>(work: (url: string) => Promise<T>): Promise<T> {
  const port = nextPort++; // the last one may still be held by the broker before
  const broker = spawn('mosquitto', ['-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  try {
    await new Promise((ready) => setTimeout(ready, 500));
    return await work(`mqtt://127.0.0.1:${port}`);
  } finally {
    broker.kill();
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
