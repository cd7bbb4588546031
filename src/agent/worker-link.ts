import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../child-environment.js';
import type { FromWorker, ToWorker } from '../worker/messages.js';
import { LineReader } from './line-reader.js';

export interface WorkerLinkOptions {
  onMessage: (message: FromWorker) => void;
  /** Whatever the worker and its native libraries print; may hold credentials. */
  onOutput: (line: string) => void;
  onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
  cameras: number;
}

/** A worker process and the messages to and from it. */
export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  #child: ChildProcess | undefined;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { onMessage, onOutput, onExit, cameras } = this.#options;
    const child = fork(fileURLToPath(new URL('../worker/main.js', import.meta.url)), {
      serialization: 'advanced', // typed arrays cross as bytes
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...childEnvironment(),
        // A camera that hangs holds a thread of this pool; the others must still find one.
        UV_THREADPOOL_SIZE: String(availableParallelism() + 2 * cameras + 2),
        // Frames are allocated on one thread and freed on another: with an arena for each, memory never comes back.
        MALLOC_ARENA_MAX: '2',
        // A picture's memory is used again for the next one, instead of being mapped and zeroed for each.
        MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
        MALLOC_TRIM_THRESHOLD_: String(128 * 2 ** 20),
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      const reader = new LineReader(onOutput);
      stream?.on('data', (chunk: Buffer) => reader.push(chunk)).on('end', () => reader.end());
    }
    child.on('message', (message) => onMessage(message as FromWorker));
    child.on('error', (error) => {
      onOutput(`worker process: ${error.message}`);
      if (child.pid === undefined) onExit(null, null); // it never began, and says no other word
    });
    child.on('exit', onExit);
  }

  send(message: ToWorker): void {
    // A worker that has just ended is told nothing: its exit is on the way.
    if (this.#child?.connected) this.#child.send(message, () => {});
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }
}
