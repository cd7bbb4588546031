import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { LogLevelOverride } from '../../src/agent/log-level-override.js';
import { createLogger } from '../../src/telemetry/logger.js';

t.test(
  'the configured level comes back when the other has had its time, also one that came meanwhile',
  async (t) => {
    const logger = createLogger({ level: 'info' });
    const level = new LogLevelOverride(logger);
    t.equal(level.override('trace'), null);
    t.equal(logger.level, 'trace');
    t.ok((level.override('debug', 0.05) ?? 0) > Date.now());
    level.configure('error');
    t.equal(logger.level, 'debug', 'it was promised for longer');
    await sleep(100);
    t.equal(logger.level, 'error');
    level.configure('warn');
    t.equal(logger.level, 'warn');
  },
);
