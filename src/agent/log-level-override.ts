import type { Logger, LogLevel } from '../telemetry/logger.js';

/** The log's level of detail: the configured one, or for a time another. */
export class LogLevelOverride {
  readonly #logger: Logger;
  #configured: string;
  #overridden = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#configured = logger.level;
  }

  /** The level that holds, or will hold again when the other has had its time. */
  configure(level: LogLevel): void {
    this.#configured = level;
    if (!this.#overridden) this.#logger.level = level;
  }

  /** Until the agent ends, or for so many seconds. Returns when it goes back, ms since the Unix epoch, or null. */
  override(level: LogLevel, seconds?: number): number | null {
    clearTimeout(this.#timer);
    this.#overridden = true;
    this.#logger.level = level;
    if (seconds === undefined) return null;
    this.#timer = setTimeout(() => {
      this.#overridden = false;
      this.#logger.level = this.#configured;
    }, seconds * 1000).unref();
    return Date.now() + seconds * 1000;
  }
}
