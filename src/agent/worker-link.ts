import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../child-environment.js';
import { maxCameras } from '../config/camera-section.js';
import { TokenBucket } from '../mqtt/token-bucket.js';
import { MessageStream } from '../worker/message-stream.js';
import { type ToWorker, workerPipe } from '../worker/messages.js';
import { LineReader } from './line-reader.js';

export interface WorkerLinkOptions {
  /** Anything: the worker may be in other hands. */
  onMessage: (message: unknown) => void;
  /** The worker sent bytes that are not a message. */
  onFault: (reason: string) => void;
  /** Whatever the worker and its native libraries print; may hold credentials. */
  onOutput: (line: string) => void;
  onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
  /** To begin with. */
  cameras: number;
}

/** More than any message of a worker has: a result of thousands of people. */
const maxMessageBytes = 2 ** 20;

/** Messages per second that are not poses, for each camera and one more: many times those of a camera that comes and goes.
 *  More of them wait in the pipe. */
const messagesPerSecond = 50;
/** Of them, at once after a pause. */
const burst = 1000;

/** A worker process and the messages to and from it. */
export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  #child: ChildProcess | undefined;
  #messages: MessageStream | undefined;
  #rate: TokenBucket;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
    this.#rate = rateOf(options.cameras);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { onOutput, onExit } = this.#options;
    const program = fileURLToPath(new URL('../worker/main.js', import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, program], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: {
        ...childEnvironment(),
        // A picture on a disk that hangs holds a thread of this pool; the others, which may come later, must still find one.
        UV_THREADPOOL_SIZE: String(availableParallelism() + maxCameras + 2),
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
    const pipe = child.stdio[workerPipe] as Duplex | undefined;
    if (pipe) this.#messages = this.#listenTo(pipe);
    child.on('error', (error) => {
      onOutput(`worker process: ${error.message}`);
      if (child.pid === undefined) onExit(null, null); // it never began, and says no other word
    });
    child.on('exit', onExit);
  }

  send(message: ToWorker): void {
    this.#messages?.send(message);
  }

  /** So many cameras speak from now on. */
  expect(cameras: number): void {
    this.#rate = rateOf(cameras);
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #listenTo(pipe: Duplex): MessageStream {
    const { onMessage, onFault } = this.#options;
    const messages = new MessageStream(pipe, {
      maxBytes: maxMessageBytes,
      onMessage: (message) => {
        onMessage(message);
        if ((message as { type?: unknown } | null)?.type === 'pose') return;
        this.#rate.spend(1);
        if (!this.#rate.isOpen) messages.pause(this.#rate.waitMs);
      },
      onFault,
    });
    return messages;
  }
}

function rateOf(cameras: number): TokenBucket {
  return new TokenBucket(messagesPerSecond * (cameras + 1), burst);
}
