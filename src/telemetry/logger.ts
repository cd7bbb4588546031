import { type Logger as PinoLogger, pino } from 'pino';
import { humanLine } from './human-line.js';
import { isJournalStream, syslogPriority } from './journal-stream.js';
import { redactUrls } from './redact-urls.js';

export type Logger = PinoLogger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** Default 'info'. */
  readonly level?: LogLevel;
  /** One line for people instead of JSON. Default: whether the destination is a terminal. */
  readonly human?: boolean;
  /** Each line begins with its syslog priority, as in `<4>`, which systemd's journal takes off again and selects by.
   *  Default: whether the destination is standard error and leads there. */
  readonly journal?: boolean;
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
  journal = destination === process.stderr && isJournalStream(process.stderr.fd, process.env),
}: LoggerOptions = {}): Logger {
  const forPeople = human ?? destination.isTTY === true;
  const stream = {
    // Has pino note the level of each entry before it writes it.
    [pino.symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    write(line: string): void {
      const text = redactUrls(line);
      const prefix = journal ? `<${syslogPriority(stream.lastLevel)}>` : '';
      destination.write(prefix + (forPeople ? humanLine(text) : text));
    },
  };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
