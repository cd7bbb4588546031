import { AgentError } from '../errors.js';
import type { Logger } from '../telemetry/logger.js';

const intervalMs = 15_000;

export interface StoreLaterOptions {
  /** Stores what is in effect already; false where all of it is. Throws AgentError where that still cannot be. */
  write: () => Promise<boolean>;
  /** For the log: what is stored then. */
  what: string;
  logger: Logger;
}

/** Tries four times a minute to store what took effect without the disk, until it is. */
export class StoreLater {
  readonly #options: StoreLaterOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoreLaterOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.#try(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #try(): Promise<void> {
    const { write, what, logger } = this.#options;
    try {
      if (await write()) logger.info(`${what} is stored now`);
      this.stop();
    } catch (error) {
      if (!(error instanceof AgentError)) logger.error({ err: error }, `${what} is not stored`);
    }
  }
}
