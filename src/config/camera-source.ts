import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigInvalidError } from './config-problem.js';
import { readSecretFile, type SecretReading } from './read-secret-file.js';
import type { CameraConfig, Config } from './schema.js';

/**
 * The source of a camera as the worker opens it: with its user and password, percent-encoded, in the address, and the
 * decoder, where it is a Jetson's, in front of the scheme. Files of secrets are read at every call, so that a changed
 * password is taken over. The text is a secret itself.
 * Throws ConfigInvalidError where the secret is not known, or its file cannot be read or is empty.
 */
export function cameraSource(
  camera: CameraConfig,
  secrets: Config['secrets'],
  reading: SecretReading = {},
): string {
  const { source, username, password, decoder } = camera;
  if (username === undefined) return withDecoder(source, decoder);
  const login = [encode(username)];
  if (password !== undefined) login.push(encode(passwordOf(camera.id, password, { secrets, reading })));
  // Put in as text: a URL object would also rewrite the rest of the address.
  const address = source.replace(/^[a-z]+:\/\//i, (scheme) => `${scheme}${login.join(':')}@`);
  return withDecoder(address, decoder);
}

/** A path needs a scheme to put the decoder before. */
function withDecoder(source: string, decoder: CameraConfig['decoder']): string {
  if (decoder !== 'jetson') return source;
  if (/^(rtsps?|onvif|file):\/\//i.test(source)) return `jetson+${source}`;
  return `jetson+${pathToFileURL(resolve(source.trim())).href}`;
}

function passwordOf(
  camera: string,
  password: NonNullable<CameraConfig['password']>,
  { secrets, reading }: { secrets: Config['secrets']; reading: SecretReading },
): string {
  if (typeof password === 'string') return password;
  const name = password.secret;
  const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (secret === undefined) {
    throw problem(
      `the password of camera ${camera}`,
      'the name of a secret in `secrets`',
      JSON.stringify(name),
    );
  }
  if (typeof secret === 'string') return secret;
  const { value, file = '' } = secret;
  if (value !== undefined) return value;
  const path = `secrets.${name}.file`;
  const expected = 'a file whose first line is the secret';
  let text: string;
  try {
    text = readSecretFile(file, reading);
  } catch (cause) {
    throw problem(path, expected, `${file}, which gives ${(cause as NodeJS.ErrnoException).code}`);
  }
  if (text === '') throw problem(path, expected, `${file}, whose first line is empty`);
  return text;
}

function problem(path: string, expected: string, found: string): ConfigInvalidError {
  return new ConfigInvalidError([{ path, expected, found }]);
}

/** Also what URLs allow in a user's name but shells and pipelines do not. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
