import { z } from 'zod';
import { eachOnce } from './each-once.js';
import { key } from './key.js';

/** DER before the 32 bytes of an ed25519 public key (SubjectPublicKeyInfo, RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Points of small order, without the sign bit (the list is libsodium's). With such a key anybody can make a signature
 * for any text; a placeholder of zeros that was never replaced is one of them.
 */
const forgeable = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** The 32 bytes of a public key, from base64 of them or of its SPKI, or from PEM; undefined where it is none. */
function publicKeyBytes(text: string): Buffer | undefined {
  const body = text.replace(/-----(BEGIN|END) PUBLIC KEY-----/g, '').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
  const bytes = Buffer.from(body, 'base64');
  const isSpki = bytes.length === 44 && bytes.subarray(0, spkiPrefix.length).equals(spkiPrefix);
  const raw = isSpki ? bytes.subarray(spkiPrefix.length) : bytes;
  return raw.length === 32 && !isForgeable(raw) ? raw : undefined;
}

function isForgeable(raw: Buffer): boolean {
  const point = Buffer.from(raw);
  point[31] = (point[31] ?? 0) & 0x7f;
  return forgeable.has(point.toString('hex'));
}

function isOrigin(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { hostname, username, password, pathname, search, hash } = new URL(text);
  const extra = username + password + search + hash;
  // A final dot is another name for the same host: one spelling is enough.
  return extra === '' && pathname === '/' && !hostname.endsWith('.') && !/[?#]$/.test(text);
}

const trustedKey = z.strictObject({
  name: key(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), {
    about: 'The name that signatures call the key by.',
    applies: 'agent',
    localOnly: 'always',
    expected: 'a name of letters, digits, dots, hyphens and underscores, at most 64',
    examples: ['release-2026'],
  }),
  key: key(
    z
      .string()
      .max(1024)
      .refine((text) => publicKeyBytes(text) !== undefined)
      .overwrite((text) => publicKeyBytes(text)?.toString('base64') ?? text),
    {
      about:
        'The ed25519 public key: base64 of its 32 bytes, or PEM. Never shown, in case a private key was pasted here.',
      applies: 'agent',
      localOnly: 'always',
      secret: true,
      expected: 'an ed25519 public key as `pose-agent models keygen` prints it',
      examples: ['JXtbX6O0l0AxXIx/UP34KC9ESBoe5S44YszGnV1HZms='],
    },
  ),
});

const allowedOrigin = z.strictObject({
  origin: key(
    z
      .string()
      .max(512)
      .refine(isOrigin)
      .overwrite((text) => (isOrigin(text) ? new URL(text).origin : text)),
    {
      about: 'Scheme, host and port that updates may be fetched from, redirects included.',
      applies: 'agent',
      localOnly: 'always',
      expected: 'https://host, or with a port https://host:8443, and nothing behind it',
      examples: ['https://models.example.com', 'http://192.168.1.10:8080'],
    },
  ),
  allow_private: key(z.boolean().default(false), {
    about:
      'true where this host is on your own network or on this machine; everywhere else an address of a private ' +
      'network is refused.',
    applies: 'agent',
    localOnly: 'always',
  }),
});

/** Who may sign model updates, and where they may come from. Nothing is accepted until both lists have an entry. */
export const updatesSection = z
  .strictObject({
    keys: key(z.array(trustedKey).max(16).superRefine(eachOnce('name')).default([]), {
      about: 'Keys whose signature makes a model update acceptable; without one there are no updates.',
      applies: 'agent',
      localOnly: 'always',
    }),
    origins: key(z.array(allowedOrigin).max(16).superRefine(eachOnce('origin')).default([]), {
      about: 'Servers that model updates may be fetched from; without one there are no updates.',
      applies: 'agent',
      localOnly: 'always',
    }),
  })
  .prefault({});
