import { z } from 'zod';
import { isNamedHost } from '../network/endpoint.js';
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
  applies: 'cameras',
  expected: 'a name of lower-case letters, digits, _ and -, at most 64',
  examples: ['front-door'],
});

/** Names a secret in place of holding one. */
export const secretReference = z.strictObject({
  secret: key(secretName, {
    about: 'The name of an entry of `secrets`.',
    applies: 'cameras',
    expected: 'the name of a secret',
    examples: ['front-door'],
  }),
});

const formExpected =
  'a text of 1 to 1024 characters on one line, or {file: path} or {value: text}, each with hosts: [..] where a remote ' +
  'document may use it';

const secret = z.union([
  credential,
  z
    .strictObject({
      file: key(z.string().min(1).max(4096).optional(), {
        about: 'File that holds the secret on its first line.',
        applies: 'cameras',
        localOnly: 'always',
        expected: 'the path of a file',
        examples: ['/etc/edge-pose-agent/front-door.password'],
      }),
      value: key(credential.optional(), {
        about: 'The secret itself, in place of file.',
        applies: 'cameras',
        localOnly: 'always',
        secret: true,
        expected: 'a text of 1 to 1024 characters on one line',
      }),
      hosts: key(
        z
          .array(
            key(z.string().max(300).refine(isNamedHost), {
              about: 'A host that the secret may be sent to.',
              applies: 'cameras',
              localOnly: 'always',
              expected: 'a host or host:port, like 192.0.2.7 or camera.example.com:554',
              examples: ['192.0.2.7', 'camera.example.com:554'],
            }),
          )
          .min(1)
          .max(64)
          .optional(),
        {
          about:
            'Hosts of cameras that the secret may be sent to, and no others. Only with them a remote document may use it, ' +
            'and only for cameras there.',
          applies: 'cameras',
          localOnly: 'always',
          examples: [['192.0.2.7', 'camera.example.com:554']],
        },
      ),
    })
    .refine(({ file, value }) => (file === undefined) !== (value === undefined), {
      params: { expected: formExpected },
    }),
]);

/** Passwords by name, so that a document from afar can use them and never holds them. */
export const secretSection = key(
  z
    .record(
      secretName,
      key(secret, {
        about:
          'The secret itself, or {file: path} or {value: text}, which take `hosts`, too: the hosts that it may be sent to. ' +
          'Without them it is for cameras of the local file alone.',
        applies: 'cameras',
        localOnly: 'always',
        secret: true,
        expected: formExpected,
        examples: [{ file: '/etc/edge-pose-agent/front-door.password', hosts: ['192.0.2.7'] }],
      }),
    )
    .prefault({}),
  {
    about:
      'Passwords by name; cameras use them as {secret: name}. Cameras of a remote document may use those alone that have ' +
      '`hosts`, and only at one of these hosts.',
    applies: 'cameras',
    localOnly: 'always',
    expected:
      'a mapping of names to texts, {file: path} or {value: text}, with hosts: [..] where it is bound to hosts',
    examples: [{ 'front-door': { file: '/etc/edge-pose-agent/front-door.password', hosts: ['192.0.2.7'] } }],
  },
);
