import t from 'tap';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import { maxDesiredBytes, maxDesiredValues, parseDesired } from '../../src/config/desired-document.js';

const parse = (payload: string | Uint8Array) =>
  parseDesired(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload);

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

t.test('a document', async (t) => {
  const config = { stats: { interval_s: 3 } };
  const result = parse(` {"config": ${JSON.stringify(config)}, "id": "é-1", "version": 7}\n`);
  t.same(result, { document: { version: 7, id: 'é-1', config, sha256: canonicalSha256(config) } });
  t.match(parse('{"version": 9007199254740991, "id": "x", "config": {}}'), {
    document: { version: Number.MAX_SAFE_INTEGER },
  });
});

t.test('what is no document: 400, with what is wrong and nothing quoted', async (t) => {
  const cases: [payload: string | Uint8Array, message: RegExp][] = [
    ['', /no JSON/],
    ['{"version": 1,', /no JSON/],
    ['c4n4ry', /no JSON/],
    [Uint8Array.of(0x22, 0xff, 0x22), /no UTF-8/],
    [Uint8Array.of(0x7b, 0x22, 0xc3, 0x22), /no UTF-8/],
    ['['.repeat(30_000), /no JSON/],
    [`${'['.repeat(1_000)}${']'.repeat(1_000)}`, /nested more than 32 deep/],
    [`{"version": 1, "id": "x", "config": ${nested(32)}}`, /nested more than 32 deep/],
    ['{"version": 1, "version": 2, "id": "x", "config": {}}', /the key "version" stands twice/],
    ['{"version": 1, "id": "x", "config": {"a": [{"b": 1, "\\u0062": 2}]}}', /the key "b" stands twice/],
  ];
  for (const [payload, message] of cases) {
    const result = parse(payload);
    t.match(result, {
      name: { version: null, id: null, sha256: null },
      refusal: { code: 400, message, problems: [] },
    });
    t.notMatch(JSON.stringify(result), 'c4n4ry');
  }
  t.match(parse(`{"version": 1, "id": "x", "config": ${nested(31)}}`), { document: {} }, 'just not too deep');
  t.match(parse('{"version": 1, "id": "x", "config": {"a": {"b": 1}, "c": ["{", {"b": 2}, "b:"]}}'), {
    document: {},
  });
});

t.test(
  'what is not of the form of a document: 400 with paths, and its name as far as it has one',
  async (t) => {
    const cases: [payload: string, problems: object[], name: object][] = [
      ['"c4n4ry"', [{ path: '', expected: 'a mapping', found: 'a text' }], { version: null, id: null }],
      ['[]', [{ path: '', found: 'a list of 0 entries' }], {}],
      ['{"id": "x", "config": {}}', [{ path: 'version', found: 'nothing' }], { version: null, id: 'x' }],
      [
        '{"version": 0, "id": "x", "config": {}}',
        [{ path: 'version', found: 'the number 0' }],
        { version: null },
      ],
      ['{"version": 1.5, "id": "x", "config": {}}', [{ path: 'version', found: 'the number 1.5' }], {}],
      ['{"version": 9007199254740992, "id": "x", "config": {}}', [{ path: 'version' }], {}],
      ['{"version": "1", "id": "x", "config": {}}', [{ path: 'version', found: 'the text "1"' }], {}],
      [
        '{"version": 2, "id": "", "config": {}}',
        [{ path: 'id', found: 'the text ""' }],
        { version: 2, id: null },
      ],
      [`{"version": 2, "id": "${'x'.repeat(65)}", "config": {}}`, [{ path: 'id' }], {}],
      [
        '{"version": 2, "id": "x", "config": "c4n4ry"}',
        [{ path: 'config', found: 'a text' }],
        { version: 2, id: 'x' },
      ],
      ['{"version": 2, "id": "x", "config": []}', [{ path: 'config', found: 'a list of 0 entries' }], {}],
      ['{"version": 2, "id": "x"}', [{ path: 'config', expected: 'a mapping', found: 'nothing' }], {}],
      [
        '{"version": 2, "id": "x", "config": {}, "extra": 1}',
        [{ path: 'extra', found: 'an unknown one' }],
        {},
      ],
      ['{"version": 2, "id": "x", "config": {}, "__proto__": {"version": 1}}', [{ path: '__proto__' }], {}],
      [
        '{"__proto__": {"version": 2, "id": "x", "config": {}}}',
        [{ path: 'version', found: 'nothing' }, {}, {}, {}],
        {},
      ],
    ];
    for (const [payload, problems, name] of cases) {
      const result = parse(payload);
      t.match(result, { name: { ...name, sha256: null }, refusal: { code: 400, problems } }, payload);
      t.equal('refusal' in result && result.refusal.problems.length, problems.length, payload);
      t.notMatch(JSON.stringify(result), 'c4n4ry');
    }
  },
);

t.test('413 above 64 KiB', async (t) => {
  const document = (bytes: number) => `{"version": 1, "id": "x", "config": {}}`.padEnd(bytes);
  t.match(parse(document(maxDesiredBytes)), { document: { version: 1 } });
  t.match(parse(document(maxDesiredBytes + 1)), {
    refusal: { code: 413, message: 'expected at most 65536 bytes, found 65537' },
  });
});

t.test('413 for more values than any configuration has, in one place or in many', async (t) => {
  const withConfig = (config: unknown) => JSON.stringify({ version: 1, id: 'x', config });
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 0]));
  const refused = { refusal: { code: 413, message: 'expected at most 2048 values in all, found more' } };
  t.match(parse(withConfig(keys(maxDesiredValues - 3))), { document: { version: 1 } }, 'version, id, config');
  t.match(parse(withConfig(keys(maxDesiredValues - 2))), refused);
  t.match(parse(withConfig({ cameras: Array(1500).fill({ id: 1 }) })), refused);
  t.match(parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), refused);
});

t.test('a document of nothing but keys, or one long text, takes no time', async (t) => {
  const keys = Array.from({ length: 2000 }, (_, index) => `"${index}":1`).join(',');
  const quotes = `{"version": 1, "id": "x", "config": {"a": "${'\\"'.repeat(30_000)}"}}`;
  const begin = performance.now();
  t.match(parse(`{"version": 1, "id": "x", "config": {${keys}}}`), { document: {} });
  t.match(parse(quotes), { document: {} });
  t.ok(performance.now() - begin < 500);
});
