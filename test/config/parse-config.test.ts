import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { ConfigInvalidError } from '../../src/config/config-problem.js';
import { knownPaths } from '../../src/config/json-schema.js';
import { loadConfig } from '../../src/config/load-config.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { AgentError } from '../../src/errors.js';

const names = [...new Set(knownPaths().flat()), '__proto__', 'constructor', 'toString', 'length', ''];
const anyKey = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, fc.string());
const scalars = [
  ...[0, 1, 8, 256, 1883, -1, 0.5, 1e99],
  ...['auto', 'CPU', 'GPU.0', 'sample:', 'cam0', 'max', 'info', 'mqtt://u:p@h', 'mqtts://h', ''],
  ...[true, false, null, undefined],
];
const anyScalar = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...scalars) }, fc.anything());
const document = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyScalar,
    fc.dictionary(anyKey, tie('node'), { maxKeys: 5 }),
    fc.array(tie('node'), { maxLength: 3 }),
  ),
})).node;

/** Near misses: mostly right documents reach the rules that look at several keys. */
const nearly = fc.record(
  {
    device_id: fc.constantFrom('box-1', 'BOX', 7),
    model: fc.record({ id: anyScalar, threads: anyScalar }, { requiredKeys: [] }),
    cameras: fc.array(fc.record({ id: fc.constantFrom('a', 'b'), source: fc.constantFrom('0', 'csi:0') }), {
      maxLength: 3,
    }),
    mqtt: fc.record(
      {
        url: fc.oneof(fc.webUrl(), fc.constantFrom('mqtt://h', 'mqtts://h')),
        key_file: fc.string(),
        password: anyScalar,
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

t.test('any document gives a configuration or a list of problems, and never anything else', async (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(document, nearly), (data) => {
      const result = parseConfig(data);
      if ('config' in result) {
        accepted++;
        return result.config.cameras.length > 0 && Number.isInteger(result.config.model.threads);
      }
      return (
        result.problems.length > 0 && result.problems.every((one) => one.expected !== '' && one.found !== '')
      );
    }),
    { numRuns: 5000 },
  );
  t.ok(accepted > 30, `${accepted} of 5000 documents were acceptable`);
  t.equal(({} as Record<string, unknown>).polluted, undefined);
});

t.test('a key named like what a rule looks at does not reach that rule', async (t) => {
  const misplaced = { length: { valueOf: 1, toString: 1 } };
  for (const data of [{ state_dir: misplaced }, { cameras: misplaced }, { mqtt: { password: misplaced } }]) {
    t.match(parseConfig(data), { problems: [{ expected: String }] });
  }
  t.match(parseConfig({ mqtt: [1] }), { problems: [{ path: 'mqtt', found: 'a list of 1 entry' }] });
  t.match(parseConfig([]), { problems: [{ path: '', found: 'a list of 0 entries' }] });
});

t.test('any file and environment give a configuration or CONFIG_INVALID', async (t) => {
  const configFile = join(t.testdir(), 'config.json');
  const variable = fc.tuple(
    fc.constantFrom(...knownPaths().map((path) => `EDGE_POSE_${path.join('__').toUpperCase()}`)),
    fc.oneof(fc.constantFrom(...scalars.map(String)), fc.string(), fc.json()),
  );
  fc.assert(
    fc.property(fc.oneof(document, nearly), fc.array(variable, { maxLength: 3 }), (data, variables) => {
      writeFileSync(
        configFile,
        JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? 1 : value)) ?? '',
      );
      try {
        const { config } = loadConfig({
          configFile,
          environment: { HOME: '/h', ...Object.fromEntries(variables) },
        });
        return config.device_id !== '' && config.state_dir.startsWith('/');
      } catch (error) {
        if (error instanceof ConfigInvalidError) return error.problems.length > 0;
        // JSON.stringify writes keys that YAML's reader takes for one and the same, and lone surrogates.
        return error instanceof AgentError && error.code === 'CONFIG_UNREADABLE';
      }
    }),
    { numRuns: 1500 },
  );
});
