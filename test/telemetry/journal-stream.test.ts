import { spawnSync } from 'node:child_process';
import { fstatSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { isJournalStream } from '../../src/telemetry/journal-stream.js';

const everyLevel = `
import { createLogger } from '${resolve(import.meta.dirname, '../../src/telemetry/logger.ts')}';
const log = createLogger({ level: 'trace' });
for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace']) log[level](level);
log.child({ camera: 'front' }).error('rtsp://admin:hunter2@cam/1');
`;

/** What a process with JOURNAL_STREAM set writes to a standard error that is a file of its own. */
function log(t: Test, journalStream: (file: { dev: number; ino: number }) => string): string[] {
  const path = join(t.testdir(), 'stderr');
  const descriptor = openSync(path, 'w');
  const { status } = spawnSync(process.execPath, ['--import=tsx', '--input-type=module', '-e', everyLevel], {
    env: { ...process.env, JOURNAL_STREAM: journalStream(fstatSync(descriptor)) },
    stdio: ['ignore', 'inherit', descriptor],
  });
  t.equal(status, 0);
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

t.test('in the journal each line begins with its syslog priority', async (t) => {
  const lines = log(t, ({ dev, ino }) => `${dev}:${ino}`);
  const heads = lines.map((line) => /^<\d>(?=\{"level":"\w+")/.exec(line)?.[0]);
  t.same(heads, ['<2>', '<3>', '<4>', '<6>', '<7>', '<7>', '<3>']);
  t.match(JSON.parse(lines[6]?.slice(3) ?? ''), { level: 'error', camera: 'front', msg: 'rtsp://***@cam/1' });
});

t.test('a stream that was redirected since is no journal', async (t) => {
  const lines = log(t, ({ dev, ino }) => `${dev}:${ino + 1}`);
  t.equal(lines.length, 7);
  for (const line of lines) t.ok(line.startsWith('{"level":'), line);
});

t.test('what is no journal', async (t) => {
  const { dev, ino } = fstatSync(2);
  t.ok(isJournalStream(2, { JOURNAL_STREAM: `${dev}:${ino}` }));
  for (const environment of [{}, { JOURNAL_STREAM: '' }, { JOURNAL_STREAM: `${dev}` }]) {
    t.notOk(isJournalStream(2, environment), JSON.stringify(environment));
  }
  t.notOk(isJournalStream(9999, { JOURNAL_STREAM: `${dev}:${ino}` }), 'a descriptor that is closed');
});
