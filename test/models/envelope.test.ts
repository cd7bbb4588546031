import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentError } from '../../src/errors.js';
import { maxEnvelopeBytes, openEnvelope, sealEnvelope, type TrustedKey } from '../../src/models/envelope.js';

function signer(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x ?? '';
  const trusted: TrustedKey = { name, key: Buffer.from(x, 'base64url').toString('base64') };
  return { name, key: privateKey, trusted };
}

const release = signer('release');
const other = signer('other');
const manifest = Buffer.from('{"v":1,"model":"hall"}');
const sealed = Buffer.from(sealEnvelope(manifest, [release]));

/** The code of the refusal, or undefined where the envelope was accepted. */
function refusal(bytes: Uint8Array, keys: readonly TrustedKey[] = [release.trusted]): string | undefined {
  try {
    openEnvelope(bytes, keys);
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return error.code;
    throw error;
  }
}

function edited(
  change: (envelope: { manifest: string; signatures: { key: string; sig: string }[] }) => unknown,
): Buffer {
  const envelope = JSON.parse(sealed.toString());
  return Buffer.from(JSON.stringify(change(envelope) ?? envelope));
}

t.test('the exact bytes that were signed come out', async (t) => {
  t.same(openEnvelope(sealed, [release.trusted]), manifest);
  t.same(openEnvelope(sealed, [other.trusted, release.trusted]), manifest, 'among several trusted keys');
  const both = Buffer.from(sealEnvelope(manifest, [other, release]));
  t.same(openEnvelope(both, [release.trusted]), manifest, 'one trusted signature of several is enough');
});

t.test('who signed is what counts', async (t) => {
  const untrusted = 'MODEL_SIGNATURE_INVALID';
  t.equal(refusal(edited((one) => ({ ...one, signatures: [] }))), untrusted, 'not signed');
  t.equal(refusal(sealed, [other.trusted]), untrusted, 'unknown key');
  t.equal(refusal(sealed, [{ ...other.trusted, name: 'release' }]), untrusted, 'another key of that name');
  t.equal(refusal(Buffer.from(sealEnvelope(manifest, [{ ...other, name: 'release' }]))), untrusted);
  t.equal(
    refusal(edited((one) => ({ ...one, manifest: Buffer.from('{}').toString('base64url') }))),
    untrusted,
  );
  t.throws(() => openEnvelope(sealed, [other.trusted]), { message: /no trusted key is called "release"/ });
});

t.test('what is no envelope is refused', async (t) => {
  const bare = { manifest: manifest.toString('base64url') };
  for (const bad of [
    '',
    'null',
    '[]',
    '{}',
    '"x"',
    JSON.stringify(bare),
    JSON.stringify({ ...bare, signatures: null }),
    JSON.stringify({ ...JSON.parse(sealed.toString()), more: 1 }),
    JSON.stringify({ ...JSON.parse(sealed.toString()), ['__proto__']: { x: 1 } }),
    sealed.toString().replace('"key"', '"Key"'),
    `${sealed}${sealed}`,
    '['.repeat(60_000),
  ]) {
    t.equal(refusal(Buffer.from(bad)), 'MODEL_MANIFEST_INVALID', bad.slice(0, 60));
  }
  t.equal(refusal(Buffer.from([0xff, 0xfe])), 'MODEL_MANIFEST_INVALID', 'no UTF-8');
  t.equal(
    refusal(edited((one) => ({ ...one, signatures: Array(9).fill(one.signatures[0]) }))),
    'MODEL_MANIFEST_INVALID',
  );
  t.equal(
    refusal(edited((one) => ({ ...one, manifest: `${one.manifest}=` }))),
    'MODEL_MANIFEST_INVALID',
    'padding',
  );
  const large = Buffer.from(sealEnvelope(Buffer.alloc(maxEnvelopeBytes, 'x'), [release]));
  t.equal(refusal(large), 'MODEL_MANIFEST_INVALID');
  t.equal(({} as Record<string, unknown>).x, undefined);
});

t.test('an envelope that was cut short is refused at every length', async (t) => {
  const whole = sealed.length - 1; // without the line break
  for (let length = 0; length < whole; length++) {
    const code = refusal(sealed.subarray(0, length));
    if (code !== 'MODEL_MANIFEST_INVALID') t.fail(`${length} of ${whole} bytes give ${code}`);
  }
  t.equal(refusal(sealed.subarray(0, whole)), undefined);
});

t.test('one flipped bit anywhere is enough', async (t) => {
  const accepted: number[] = [];
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (refusal(flipped) === undefined) accepted.push(bit);
  }
  t.same(accepted, [], `each of ${sealed.length * 8} bits was flipped`);
  t.ok(sealed.length * 8 >= 200);
});

t.test('random bytes are refused', async (t) => {
  for (let run = 0; run < 200; run++) {
    const bytes = Buffer.from(Array.from({ length: randomInt(1, 200) }, () => randomInt(256)));
    t.ok(refusal(bytes));
  }
});

t.test('other programs can sign: these are plain ed25519 signatures of the bytes', async (t) => {
  const folder = t.testdir({ manifest: manifest.toString() });
  const path = (name: string) => join(folder, name);
  writeFileSync(path('key.pem'), release.key.export({ format: 'pem', type: 'pkcs8' }));
  const args = ['pkeyutl', '-sign', '-rawin', '-inkey', path('key.pem'), '-in', path('manifest')];
  const sig = execFileSync('openssl', args).toString('base64url');
  const envelope = { manifest: manifest.toString('base64url'), signatures: [{ key: 'release', sig }] };
  t.same(openEnvelope(Buffer.from(JSON.stringify(envelope)), [release.trusted]), manifest);
});
