import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { canonicalJson, canonicalSha256 } from '../../src/config/canonical-json.js';

t.test('sorted keys, no blanks', async (t) => {
  const text = '{"b": [1, {"y": null, "x": "ä\\n"}], "a": 1e3, "10": true, "9": -0, "é": 1, "": {}}';
  const canonical = '{"":{},"10":true,"9":0,"a":1000,"b":[1,{"x":"ä\\n","y":null}],"é":1}';
  t.equal(canonicalJson(JSON.parse(text)), canonical);
  t.equal(canonicalSha256(JSON.parse(text)), createHash('sha256').update(canonical).digest('hex'));
  t.equal(canonicalJson(JSON.parse('{"__proto__": {"b": 1, "a": 2}}')), '{"__proto__":{"a":2,"b":1}}');
});

t.test('the same for the same data, whatever the order of keys', async (t) => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, item]) => [name, reversed(item)]),
    );
  };
  const sameForAll = fc.property(fc.jsonValue(), (value) => {
    const data = JSON.parse(JSON.stringify(value)) as unknown;
    const canonical = canonicalJson(data);
    return canonicalJson(reversed(data)) === canonical && isDeepStrictEqual(JSON.parse(canonical), data);
  });
  t.doesNotThrow(() => fc.assert(sameForAll, { numRuns: 500 }));
});
