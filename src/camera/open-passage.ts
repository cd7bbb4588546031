import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AgentError } from '../errors.js';
import type { PassageKind, PassageOptions } from './passage.js';
import type { PassageAnswer, PassageRequest } from './passage-thread.js';

/** A guarded way to one camera, for FFmpeg and GStreamer, which know nothing of certificates and policies. */
export interface Passage {
  /** On 127.0.0.1: of a server or proxy of its kind. */
  readonly port: number;
  /** Why the camera could not be reached through it, where it knows. */
  failure(): Promise<AgentError | undefined>;
  /**
   * Serves nobody any more. The port is kept: FFmpeg may not have noticed, and whoever took the port would be asked with
   * the camera's password.
   */
  end(): void;
  /** Frees the port, too: when nobody is left who may ask there. */
  close(): void;
}

/** One for all cameras of this process, from the first on. */
let thread: PassageThread | undefined;

/** Opens a way that ends with close(); nothing is connected to yet. Throws AgentError CAMERA_OPEN_FAILED. */
export async function openPassage(kind: PassageKind, options: PassageOptions): Promise<Passage> {
  if (thread === undefined || thread.ended) thread = new PassageThread();
  const used = thread;
  const answer = await used.ask((id) => ({ type: 'open', id, kind, options }));
  if (!('port' in answer)) {
    const reason = 'error' in answer ? answer.error : 'no connection could be made ready';
    throw new AgentError('CAMERA_OPEN_FAILED', `${options.description} cannot be opened: ${reason}`);
  }
  const { port } = answer;
  return {
    port,
    failure: async () => {
      const answer = await used.ask((id) => ({ type: 'failure', id, port }));
      if (!('failure' in answer) || answer.failure === undefined) return undefined;
      return new AgentError(answer.failure.code, answer.failure.message);
    },
    end: () => used.tell({ type: 'end', port }),
    close: () => used.tell({ type: 'close', port }),
  };
}

class PassageThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, (answer: PassageAnswer) => void>();
  #next = 0;
  #end: string | undefined;

  constructor() {
    // Beside this file and of its kind: from its sources the program runs, too, and nothing maps a thread's file.
    const file = `./passage-thread${extname(import.meta.url)}`;
    this.#worker = new Worker(new URL(file, import.meta.url), {
      name: 'camera connections',
      // It only hands bytes on: what is dead is collected early instead of being kept.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    // Of itself it keeps no process alive, only while somebody waits for an answer.
    this.#worker.unref();
    this.#worker.on('message', (answer: PassageAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#ended(error.message));
    this.#worker.on('exit', () => this.#ended('the thread of the connections ended'));
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  ask(request: (id: number) => PassageRequest): Promise<PassageAnswer> {
    const id = this.#next++;
    if (this.#end !== undefined) return Promise.resolve({ id, error: this.#end });
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#worker.ref();
      this.tell(request(id));
    });
  }

  tell(request: PassageRequest): void {
    this.#worker.postMessage(request);
  }

  #ended(error: string): void {
    this.#end ??= error;
    for (const id of [...this.#pending.keys()]) this.#settle({ id, error });
  }

  #settle(answer: PassageAnswer): void {
    this.#pending.get(answer.id)?.(answer);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
  }
}
