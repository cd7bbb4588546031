import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import t from 'tap';
import { schemaAt } from '../../src/config/json-schema.js';
import { parseConfig } from '../../src/config/parse-config.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

function parse(updates: unknown) {
  const result = parseConfig({ updates });
  return 'config' in result ? result.config.updates : result.problems;
}

t.test('nothing is trusted until somebody says so', async (t) => {
  t.same(parse(undefined), { keys: [], origins: [] });
  t.same(parse({}), { keys: [], origins: [] });
});

t.test('every way to write a public key is the same key', async (t) => {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const ways = [
    raw.toString('base64'),
    spki.toString('base64'),
    publicKey.export({ format: 'pem', type: 'spki' }),
  ];
  for (const key of ways) {
    t.match(parse({ keys: [{ name: 'a', key }] }), { keys: [{ name: 'a', key: raw.toString('base64') }] });
  }
});

t.test('what is no public key of ours is refused, and shown nowhere', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const key of [
    '',
    'x',
    raw.subarray(1).toString('base64'),
    `${raw.toString('base64')}AAAA`,
    rsa.export({ format: 'pem', type: 'spki' }).toString(),
    pem,
    pem.replace(/-----.*-----|\n/g, ''),
    17,
    null,
  ]) {
    const problems = JSON.stringify(parse({ keys: [{ name: 'a', key }] }));
    t.match(problems, /"path":"updates\.keys\.0\.key".*ed25519 public key/, String(key).slice(0, 40));
    const body = String(key).replace(/-----.*-----|\s/g, '');
    if (body.length > 8) t.notOk(problems.includes(body.slice(0, 30)), 'not a part of it');
  }
  t.ok(createPrivateKey(pem), 'the private key was one');
});

t.test('a key with which anybody can sign is refused', async (t) => {
  const one = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: one.toString('base64url') },
    format: 'jwk',
  });
  const forged = Buffer.concat([one, Buffer.alloc(32)]);
  t.ok(verify(null, Buffer.from('whatever'), key, forged), 'the danger is real');
  const negative = Buffer.from(one);
  negative[31] = 0x80;
  for (const weak of [one, negative, Buffer.alloc(32)]) {
    t.match(parse({ keys: [{ name: 'a', key: weak.toString('base64') }] }), [{ path: 'updates.keys.0.key' }]);
  }
});

t.test('origins are hosts and nothing more', async (t) => {
  const accepted = (origin: string) => parse({ origins: [{ origin }] });
  t.match(accepted('HTTPS://Models.Example.com:443/'), {
    origins: [{ origin: 'https://models.example.com', allow_private: false }],
  });
  t.match(accepted('http://192.168.1.10:8080'), { origins: [{ origin: 'http://192.168.1.10:8080' }] });
  for (const origin of [
    'models.example.com',
    'ftp://h',
    'file:///etc',
    'https://',
    'https://h/x',
    'https://h?x',
    'https://h#',
    'https://h.',
    'https:h',
    '*',
    'https://*:*',
  ]) {
    t.match(accepted(origin), [{ path: 'updates.origins.0.origin' }], origin);
  }
  const secret = JSON.stringify(accepted('https://user:c4n4ry@h'));
  t.match(secret, 'updates.origins.0.origin');
  t.notMatch(secret, 'c4n4ry');
});

t.test('names and origins stand once', async (t) => {
  const key = raw.toString('base64');
  t.match(
    parse({
      keys: [
        { name: 'a', key },
        { name: 'a', key },
      ],
    }),
    [{ path: 'updates.keys.1.name' }],
  );
  t.match(parse({ origins: [{ origin: 'https://h' }, { origin: 'https://H/' }] }), [
    { path: 'updates.origins.1.origin' },
  ]);
});

t.test('nothing of it comes from afar', async (t) => {
  for (const path of [
    ['keys'],
    ['keys', '0', 'name'],
    ['keys', '0', 'key'],
    ['origins'],
    ['origins', '0', 'origin'],
    ['origins', '0', 'allow_private'],
  ]) {
    t.equal(schemaAt(['updates', ...path])?.['x-local-only'], 'always', path.join('.'));
  }
});
