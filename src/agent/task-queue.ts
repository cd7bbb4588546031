import type { Logger } from '../telemetry/logger.js';

/** Runs what changes the deployment, one thing after the other. */
export class TaskQueue {
  readonly #logger: Logger;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Resolves to what `task` does, or rejects with its error, which is logged too. Never settles after stop(). */
  add<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#last = this.#last.then(async () => {
        if (this.#stopped) return;
        try {
          resolve(await task());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** As add, for what nobody waits for. */
  push(task: () => Promise<void>): void {
    this.add(task).catch((error) => this.#logger.error({ err: error }, 'a change could not be made'));
  }

  /** Nothing more is begun. */
  stop(): void {
    this.#stopped = true;
  }
}
