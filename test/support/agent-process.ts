import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { childrenOf } from './processes.js';

/** An agent that was frozen or hangs never ends by itself. */
const orderlyEndMs = 5_000;

const builtProgram = resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface AgentResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface AgentProcessOptions {
  /** The folder of one that has ended: the agent of that box starts again. */
  folder?: string;
  /** Beside that of this process. */
  environment?: NodeJS.ProcessEnv;
  /** The command line to start; that of this checkout where left out. */
  program?: string;
}

/** The built agent as a user starts it, in a state folder of its own. */
export class AgentProcess {
  readonly folder: string;
  readonly done: Promise<AgentResult>;
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  /** `config` becomes the configuration file; the state folder and a device id are filled in. */
  constructor(
    args: readonly string[],
    config: Record<string, unknown> = {},
    { folder, environment, program = builtProgram }: AgentProcessOptions = {},
  ) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'pose-agent-'));
    const file = join(this.folder, 'config.yaml');
    writeFileSync(
      file,
      stringify({ device_id: 'test-box', state_dir: join(this.folder, 'state'), ...config }),
    );
    const begin = performance.now();
    this.child = spawn(process.execPath, [program, ...args], {
      env: {
        ...process.env,
        EDGE_POSE_CONFIG: file,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.done = new Promise((settle) => {
      this.child.on('close', (code, signal) => {
        settle({ code, signal, stdout: this.stdout, stderr: this.stderr, ms: performance.now() - begin });
      });
    });
  }

  /** Process ids of its children. */
  children(): number[] {
    return childrenOf(this.child.pid as number);
  }

  /** Ends it for good, and its folder. */
  async remove(): Promise<void> {
    // One that is killed leaves no word of its coverage.
    if (process.env.NODE_V8_COVERAGE !== undefined) {
      this.child.kill('SIGTERM');
      await Promise.race([this.done, delay(orderlyEndMs, undefined, { ref: false })]);
    }
    this.child.kill('SIGKILL');
    await this.done;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a command of the agent to its end. */
export async function runAgent(
  args: readonly string[],
  config?: Record<string, unknown>,
): Promise<AgentResult> {
  const agent = new AgentProcess(args, config);
  const result = await agent.done;
  await agent.remove();
  return result;
}
