import { fstatSync } from 'node:fs';

/** True where what is written to `descriptor` goes straight into systemd's journal, by $JOURNAL_STREAM (systemd.exec(5)). */
export function isJournalStream(descriptor: number, environment: NodeJS.ProcessEnv): boolean {
  const { JOURNAL_STREAM: named } = environment;
  if (!named) return false;
  try {
    // An inherited variable says nothing: the stream may have been redirected since.
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return named === `${dev}:${ino}`;
  } catch {
    return false; // closed
  }
}

/** Least pino level of each syslog priority (syslog(3)), the most urgent first. */
const priorities = [
  { level: 60, priority: 2 }, // fatal: LOG_CRIT
  { level: 50, priority: 3 }, // error: LOG_ERR
  { level: 40, priority: 4 }, // warn: LOG_WARNING
  { level: 30, priority: 6 }, // info: LOG_INFO
] as const;

/** The priority by which `journalctl -p` selects an entry of a pino level; LOG_DEBUG below info. */
export function syslogPriority(level: number): number {
  return priorities.find((one) => level >= one.level)?.priority ?? 7;
}
