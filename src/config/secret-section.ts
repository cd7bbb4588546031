import { z } from 'zod';
import { key } from './key.js';

/** Credentials become part of URLs and lines of files: neither can hold a line break, NUL or half a character. */
const unusable = /[\0\r\n]|\p{Surrogate}/u;

/** A user's name, a password or the like: 1 to 1024 characters. */
export const credential = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => !unusable.test(text));

const secretName = key(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/), {
  about: "A secret's name.",
  applies: 'worker',
  expected: 'a name of lower-case letters, digits, _ and -, at most 64',
  examples: ['front-door'],
});

/** Names a secret in place of holding one. */
export const secretReference = z.strictObject({
  secret: key(secretName, {
    about: 'The name of an entry of `secrets`.',
    applies: 'worker',
    expected: 'the name of a secret',
    examples: ['front-door'],
  }),
});

const secret = z.union([
  credential,
  z.strictObject({
    file: key(z.string().min(1).max(4096), {
      about: 'File that holds the secret on its first line.',
      applies: 'worker',
      localOnly: 'always',
      expected: 'the path of a file',
      examples: ['/etc/edge-pose-agent/front-door.password'],
    }),
  }),
]);

/** Passwords by name, so that a document from afar can use them and never holds them. */
export const secretSection = key(
  z
    .record(
      secretName,
      key(secret, {
        about: 'The secret itself, or {file: path}.',
        applies: 'worker',
        localOnly: 'always',
        secret: true,
        expected: 'a text of 1 to 1024 characters on one line, or {file: path}',
        examples: [{ file: '/etc/edge-pose-agent/front-door.password' }],
      }),
    )
    .prefault({}),
  {
    about: 'Passwords by name; cameras use them as {secret: name}, in the local file and from afar.',
    applies: 'worker',
    localOnly: 'always',
    expected: 'a mapping of names to texts or {file: path}',
    examples: [{ 'front-door': { file: '/etc/edge-pose-agent/front-door.password' } }],
  },
);
