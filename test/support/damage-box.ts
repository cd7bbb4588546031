import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { argumentsOf, childrenOf } from './processes.js';

const root = resolve(import.meta.dirname, '../..');
/** Root reads every file: the agent runs as somebody who does not. */
const nobody = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

export interface BoxRun {
  code: number | null;
  /** It did not end by itself in time. */
  hung: boolean;
  stdout: string;
  stderr: string;
  /** Largest resident memory of agent and workers together, MiB. */
  peakMiB: number;
}

export interface RunHow {
  args?: readonly string[];
  environment?: NodeJS.ProcessEnv;
  limitMs?: number;
  /** Looked at four times a second: true ends it with SIGTERM. */
  until?: () => boolean;
  /** A file for the log of the files that it opens. */
  openLog?: string;
}

/**
 * A box of its own: a copy of the package with its data, a configuration folder, a state folder, and an agent that runs
 * as a user who may not read everything.
 */
export class DamageBox {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `config` is the configuration, `secrets` further files of the configuration folder, by name. */
  static make(
    config: (at: (name: string) => string) => object,
    secrets: Record<string, Buffer | string>,
  ): DamageBox {
    const box = new DamageBox(mkdtempSync(join(tmpdir(), 'damage-box-')));
    for (const name of ['etc', 'state', 'home', 'pkg']) mkdirSync(box.at(name));
    execFileSync('cp', [
      '-r',
      ...['dist', 'models', 'media', 'package.json'].map((name) => join(root, name)),
      box.at('pkg'),
    ]);
    for (const name of ['node_modules', 'build', '.runtime']) {
      if (existsSync(join(root, name))) symlinkSync(join(root, name), join(box.at('pkg'), name));
    }
    for (const [name, content] of Object.entries(secrets)) {
      writeFileSync(box.at(`etc/${name}`), content, { mode: 0o600 });
    }
    writeFileSync(box.at('etc/config.yaml'), stringify(config((name) => box.at(name))), { mode: 0o600 });
    box.own();
    return box;
  }

  /** The same once more, in the same place, for what was put aside. */
  restore(copy: string): void {
    rmSync(this.folder, { recursive: true, force: true });
    execFileSync('cp', ['-a', '--sparse=always', copy, this.folder]);
  }

  /** Whom the agent runs as, for `spawn`. */
  get user(): typeof nobody {
    return nobody;
  }

  /** Puts a copy aside, and returns where. */
  copy(): string {
    const to = `${this.folder}-copy`;
    execFileSync('cp', ['-a', this.folder, to]);
    return to;
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** What was made by this process belongs to the agent's user. */
  own(): void {
    chmodSync(this.folder, 0o755);
    if (nobody.uid !== undefined) execFileSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, this.folder]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(`${this.folder}-copy`, { recursive: true, force: true });
  }

  /** `pose-agent run` to its end. */
  async run({ args = [], environment, limitMs = 60_000, until, openLog }: RunHow): Promise<BoxRun> {
    const given = {
      PATH: process.env.PATH,
      HOME: this.at('home'),
      EDGE_POSE_CONFIG: this.at('etc/config.yaml'),
      ...environment,
    };
    // With nothing of this process's environment: tap puts a loader of its own into it.
    const clean = ['-i', ...Object.entries(given).map(([name, value]) => `${name}=${value}`)];
    const strace = ['strace', '-f', '-qq', '-y', '--seccomp-bpf', '-e', 'trace=open,openat,openat2'];
    const traced = openLog === undefined ? [] : [...strace, '-o', openLog];
    const node = [process.execPath, this.at('pkg/dist/cli/main.js'), 'run', ...args];
    const child = spawn('env', [...clean, ...traced, ...node], {
      cwd: this.at('home'),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...nobody,
    });
    const result: BoxRun = { code: null, hung: false, stdout: '', stderr: '', peakMiB: 0 };
    child.stdout.on('data', (chunk: Buffer) => {
      result.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      result.stderr += chunk.toString();
    });
    const begun = performance.now();
    const watch = setInterval(() => {
      result.peakMiB = Math.max(result.peakMiB, residentMiB(child));
      if (until?.()) end(child);
      if (performance.now() - begun > limitMs) {
        result.hung = true;
        child.kill('SIGKILL');
      }
    }, 250);
    result.code = await new Promise((settle) => child.on('close', settle));
    clearInterval(watch);
    return result;
  }
}

/** strace passes no signal on to what it traces. */
function end(child: ChildProcess): void {
  const traced = childrenOf(child.pid as number).find((pid) => argumentsOf(pid).includes('run'));
  const isStrace = argumentsOf(child.pid as number)[0] === 'strace';
  process.kill(isStrace && traced !== undefined ? traced : (child.pid as number), 'SIGTERM');
}

function residentMiB({ pid }: ChildProcess): number {
  const all = [pid as number];
  for (const one of all) all.push(...childrenOf(one));
  const ofOne = (one: number): number => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'latin1'))?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  };
  return all.reduce((sum, one) => sum + ofOne(one), 0);
}

/** The regular files below a folder that a log of strace says were opened to be read, sorted. */
export function filesRead(openLog: string, below: string): string[] {
  const found = new Set<string>();
  for (const line of readFileSync(openLog, 'utf8').split('\n')) {
    // Where two threads make calls at once, the end of one stands on a line of its own, without its flags.
    const [, call = '', path = ''] = /(open.*)\) += \d+<(.*)>$/.exec(line) ?? [];
    if (!path.startsWith(`${below}/`) || /O_WRONLY|O_DIRECTORY/.test(call)) continue;
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) found.add(path);
  }
  return [...found].sort();
}
