import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import {
  configJsonSchema,
  expectation,
  knownPaths,
  schemaAt,
  secretPaths,
} from '../../src/config/json-schema.js';
import { parseConfig } from '../../src/config/parse-config.js';

const leaves = knownPaths().filter((path) => {
  const node = schemaAt(path);
  return node?.properties === undefined && node?.items === undefined;
});

t.test('every key is described and says what takes a change over', async (t) => {
  t.ok(leaves.length > 30);
  for (const path of leaves) {
    const node = schemaAt(path);
    t.ok((node?.description ?? '').length > 15, `${path.join('.')} has a description`);
    t.ok(
      ['live', 'cameras', 'worker', 'agent'].includes(node?.['x-applies'] ?? ''),
      `${path.join('.')} says what applies`,
    );
    const shown = node?.default !== undefined || node?.enum !== undefined || node?.examples !== undefined;
    t.ok(shown || node?.['x-secret'] === true, `${path.join('.')} has a default, choices or an example`);
    t.match(expectation(path), /\S/);
  }
});

t.test('broker, credentials and paths are for this machine alone', async (t) => {
  const local = ['mqtt', 'updates', 'state_dir', 'device_id', 'control', 'secrets', 'camera_hosts'];
  for (const path of leaves.filter(([section = '']) => local.includes(section))) {
    t.equal(schemaAt(path)?.['x-local-only'], 'always', path.join('.'));
  }
  t.equal(schemaAt(['cameras', '0', 'source'])?.['x-local-only'], 'paths-and-pipelines');
  t.equal(schemaAt(['pose', 'min_score'])?.['x-local-only'], undefined);
  t.equal(schemaAt(['cameras', '0', 'password'])?.['x-local-only'], 'plain-secrets');
  t.same(secretPaths, [
    'cameras.*.password',
    'mqtt.password',
    'secrets.*',
    'secrets.*.value',
    'updates.keys.*.key',
  ]);
});

function withPassword(password: unknown): unknown {
  const camera = { id: 'a', source: 'rtsp://h', username: 'admin', password };
  return { cameras: [camera], secrets: { 'front-door': 'x' } };
}

t.test('every example and default is accepted', async (t) => {
  const [exampleKey] = schemaAt(['updates', 'keys', '0', 'key'])?.examples ?? [];
  for (const path of leaves) {
    const node = schemaAt(path);
    for (const value of [...(node?.examples ?? []), ...(node?.default === undefined ? [] : [node.default])]) {
      const [section = '', second = '', third = '', fourth = ''] = path;
      // Keys that need another key beside them.
      const beside = { key_file: { cert_file: 'c' }, cert_file: { key_file: 'k' } }[second] ?? {};
      let data: unknown = { [section]: path.length === 1 ? value : { ...beside, [second]: value } };
      if (section === 'cameras') data = { cameras: [{ id: 'a', [third]: value }] };
      if (third === 'roi' && path.length === 4) {
        data = { cameras: [{ id: 'a', roi: { x: 0, y: 0, width: 0.1, height: 0.1, [fourth]: value } }] };
      }
      if (third === 'masks')
        data = {
          cameras: [
            {
              id: 'a',
              masks: [
                [
                  [value, 0],
                  [0, 1],
                  [1, 1],
                ],
              ],
            },
          ],
        };
      if (third === 'username') data = { cameras: [{ id: 'a', source: 'rtsp://h', username: value }] };
      if (third === 'password') data = withPassword(path.length === 4 ? { secret: value } : value);
      if (section === 'secrets' && third === 'file') data = { secrets: { [second]: { file: value } } };
      if (third === 'hosts') data = { secrets: { [second]: { file: 'f', hosts: [value].flat() } } };
      if (section === 'camera_hosts' && second === '0') {
        data = { camera_hosts: [{ host: 'h', [third]: value }] };
      }
      // Entries of a list two levels down, with what each of them needs.
      const entries = { keys: { name: 'a', key: exampleKey }, origins: { origin: 'https://h' } };
      if (section === 'updates') {
        data = { updates: { [second]: [{ ...entries[second as keyof typeof entries], [fourth]: value }] } };
      }
      t.match(parseConfig(data), { config: Object }, `${path.join('.')} = ${JSON.stringify(value)}`);
    }
  }
});

t.test('the JSON Schema is valid, the same on every machine, and judges alike', async (t) => {
  const text = JSON.stringify(configJsonSchema);
  const ajv = new Ajv2020({ strict: false });
  const validate = ajv.compile(JSON.parse(text));
  t.ok(validate({}));
  t.ok(validate({ cameras: [{ id: 'a', source: '0' }], model: { device: 'GPU.0' } }));
  t.notOk(validate({ cameras: [] }));
  t.notOk(validate({ cameras: [{ source: '0' }] }));
  t.notOk(validate({ model: { threads: 'x' } }));
  t.notOk(validate({ other: 1 }));
  t.equal(schemaAt(['device_id'])?.default, undefined);
  t.equal(schemaAt(['state_dir'])?.default, undefined);
});
