import type { Logger, LogLevel } from '../telemetry/logger.js';

/** Another level of detail in the log than the configured one, for a time. */
export class LogLevelOverride {
  readonly #logger: Logger;
  #configured: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Until the agent ends, or for so many seconds. Returns when it goes back, ms since the Unix epoch, or null. */
  set(level: LogLevel, seconds?: number): number | null {
    this.#configured ??= this.#logger.level;
    clearTimeout(this.#timer);
    this.#logger.level = level;
    if (seconds === undefined) return null;
    this.#timer = setTimeout(() => {
      this.#logger.level = this.#configured as string;
      this.#configured = undefined;
    }, seconds * 1000).unref();
    return Date.now() + seconds * 1000;
  }
}
