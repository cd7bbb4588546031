import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import type { CommandError } from '../../src/mqtt/command-error.js';
import { readArguments } from '../../src/mqtt/command-request.js';
import {
  type CommandHandlers,
  commandJsonSchemas,
  commandSchemas,
  commandTable,
} from '../../src/mqtt/commands.js';
import { idPattern } from '../../src/mqtt/topics.js';
import { logLevels } from '../../src/telemetry/logger.js';

t.test('the commands, each with what an operator is told', async (t) => {
  t.strictSame(Object.keys(commandSchemas).sort(), [
    'bench',
    'config-validate',
    'info',
    'log-level',
    'models-activate',
    'models-list',
    'models-pull',
    'models-rollback',
    'ping',
    'reload',
    'restart',
    'snapshot',
  ]);
  for (const [name, { about, args, timeLimitMs }] of Object.entries(commandSchemas)) {
    t.match(name, idPattern);
    t.match(about, /^[A-Z].*\.$/);
    t.ok(timeLimitMs >= 10_000);
    t.notOk('transaction' in args.shape, 'reserved');
    for (const [key, schema] of Object.entries(args.shape)) {
      t.type(schema.description, 'string', `${name} ${key}: what is expected`);
    }
  }
  t.strictSame([...commandSchemas['log-level'].args.shape.level.options].sort(), [...logLevels].sort());
});

t.test('arguments: what is taken and what is refused', async (t) => {
  const taken: [keyof typeof commandSchemas, object][] = [
    ['ping', {}],
    ['snapshot', { camera: 'front' }],
    ['snapshot', { camera: 'front', overlay: true }],
    ['models-pull', { name: 'openpose-lite' }],
    ['models-pull', { manifest: 'https://models.example.com/a.json' }],
    ['config-validate', { config: { cameras: [] } }],
    ['log-level', { level: 'debug', seconds: 60 }],
    ['bench', { seconds: 5 }],
  ];
  for (const [name, args] of taken) {
    t.strictSame(readArguments(commandSchemas[name].args, { ...args }), args, name);
  }
  const refused: [keyof typeof commandSchemas, Record<string, unknown>, object][] = [
    ['ping', { loud: 1 }, { path: 'loud', expected: 'no arguments', found: 'an unknown one' }],
    ['snapshot', {}, { path: 'camera', expected: 'the id of a camera', found: 'nothing' }],
    ['snapshot', { camera: 'Front' }, { path: 'camera', found: 'a text of 5 characters' }],
    ['snapshot', { camera: 'a', overlai: true }, { path: 'overlai', expected: 'overlay?' }],
    ['models-pull', {}, { path: '', expected: 'either name or manifest', found: 'nothing' }],
    ['models-pull', { name: 'a', manifest: 'https://h/a' }, { path: '', found: 'name, manifest' }],
    ['models-pull', { manifest: 'file:///etc/passwd' }, { path: 'manifest' }],
    ['config-validate', { config: 'hunter2' }, { path: 'config', found: 'a text of 7 characters' }],
    ['log-level', { level: 'loud' }, { path: 'level', expected: /^trace, debug/ }],
    ['bench', { seconds: 1e9 }, { path: 'seconds', found: 'the number 1000000000' }],
    ['bench', { seconds: [5] }, { path: 'seconds', found: 'a list' }],
  ];
  for (const [name, args, problem] of refused) {
    t.throws(
      () => readArguments(commandSchemas[name].args, args),
      { name: 'CommandError', code: 400, errors: [problem] },
      `${name} ${JSON.stringify(args)}`,
    );
  }
});

t.test('many wrong arguments: as many problems as help', async (t) => {
  const args = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n]));
  const begin = performance.now();
  try {
    readArguments(commandSchemas.snapshot.args, args);
    t.fail('taken');
  } catch (error) {
    t.equal((error as CommandError).errors.length, 20);
  }
  t.ok(performance.now() - begin < 200, 'and quickly');
});

t.test('the handlers run with their schemas', async (t) => {
  const nothing = async () => ({});
  const handlers: CommandHandlers = {
    ping: async () => ({ ts: 1, uptime_s: 2 }),
    info: () => Promise.reject(new Error('not here')),
    restart: nothing,
    reload: nothing,
    snapshot: async ({ camera }) => ({ camera, ts: 1, width: 1, height: 1, jpeg: '' }),
    'models-list': async () => ({ active: null, previous: null, models: [] }),
    'models-pull': async ({ name = 'm' }) => ({ name, version: null, bytes: 1 }),
    'models-activate': async ({ name }) => ({ active: name, previous: null }),
    'models-rollback': async () => ({ active: null, previous: null }),
    'config-validate': async () => ({ valid: true, errors: [] }),
    'log-level': async ({ level }) => ({ level, until: null }),
    bench: async () => ({ fps: 1, latency_p50_ms: 1, latency_p95_ms: 1, inferences: 1 }),
  };
  const table = commandTable(handlers);
  t.strictSame(Object.keys(table), Object.keys(commandSchemas));
  for (const [name, command] of Object.entries(table)) {
    t.equal(command.run, handlers[name as keyof CommandHandlers]);
    t.equal(command.args, commandSchemas[name as keyof CommandHandlers].args);
  }
});

t.test('JSON Schemas for the documentation', async (t) => {
  const schemas = commandJsonSchemas();
  for (const { args, data } of Object.values(schemas)) {
    for (const schema of [args, data]) {
      const { $schema, ...body } = schema;
      new Ajv2020({ strict: true, strictTypes: false, formats: { uri: true, base64: true } }).compile(body);
    }
  }
  const validate = new Ajv2020({ formats: { uri: true } }).compile(schemas.snapshot.args);
  t.equal(validate({ camera: 'front' }), true);
  t.equal(validate({ camera: 'Front' }), false);
  t.equal(validate({ camera: 'front', more: 1 }), false);
});
