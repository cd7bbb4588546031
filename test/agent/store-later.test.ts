import { mock } from 'node:test';
import t from 'tap';
import { StoreLater } from '../../src/agent/store-later.js';
import { AgentError } from '../../src/errors.js';
import { createLogger } from '../../src/telemetry/logger.js';

t.test('tries four times a minute until it is stored, and tells once', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const lines: string[] = [];
  const answers: (() => boolean)[] = [
    () => {
      throw new AgentError('OUTPUT_UNWRITABLE', 'the disk is full');
    },
    () => {
      throw new Error('a mistake of ours');
    },
    () => true,
    () => false,
  ];
  let tries = 0;
  const storeLater = new StoreLater({
    write: async () => answers[tries++]?.() ?? false,
    what: 'it',
    logger: createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } }),
  });
  const pass = async (ms: number): Promise<void> => {
    mock.timers.tick(ms);
    await new Promise(setImmediate);
  };

  storeLater.begin();
  storeLater.begin();
  await pass(14_000);
  t.equal(tries, 0);
  await pass(1_000);
  t.equal(tries, 1, 'begun twice, tried once');
  t.same(lines, [], 'whoever could not store it has told that already');
  await pass(15_000);
  t.match(lines, [/"it is not stored"/], 'what nobody foresaw is told');
  await pass(15_000);
  t.match(lines.at(1), /"it is stored now"/);
  await pass(60_000);
  t.equal(tries, 3, 'then it rests');

  storeLater.begin();
  await pass(15_000);
  t.equal(lines.length, 2, 'what somebody else stored meanwhile is not told');
  await pass(60_000);
  t.equal(tries, 4);
});
