import { type Logger as PinoLogger, pino } from 'pino';
import { humanLine } from './human-line.js';
import { redactUrls } from './redact-urls.js';

export type Logger = PinoLogger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** Default 'info'. */
  readonly level?: LogLevel;
  /** One line for people instead of JSON. Default: whether the destination is a terminal. */
  readonly human?: boolean;
  /** Default standard error: standard output belongs to what a command was asked for. */
  readonly destination?: { write(text: string): unknown; isTTY?: boolean };
}

/**
 * A logger that writes one line an entry: JSON with the level's name and ISO time, or text for people on a
 * terminal. The credentials of every URL in an entry, however deep, are replaced before it is written.
 */
export function createLogger({
  level = 'info',
  human,
  destination = process.stderr,
}: LoggerOptions = {}): Logger {
  const forPeople = human ?? destination.isTTY === true;
  const write = (line: string): void => {
    const text = redactUrls(line);
    destination.write(forPeople ? humanLine(text) : text);
  };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
}
