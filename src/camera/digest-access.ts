import { createHash } from 'node:crypto';
import type { Challenge } from './www-authenticate.js';

export interface DigestRequest {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly uri: string;
  /** Requests with the challenge's nonce so far, this one too. */
  readonly count: number;
  /** Text that the server cannot know before; the same for every request with one nonce. */
  readonly clientNonce: string;
}

/** Weakest first, in OpenSSL's names. */
const hashes = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' } as const;
const ranks = Object.keys(hashes);

/** The stronger the higher; -1 for a challenge that cannot be answered here. */
export function digestRank({ scheme, parameters }: Challenge): number {
  if (scheme !== 'digest' || !parameters.has('nonce')) return -1;
  const qop = parameters.get('qop');
  const isKnown =
    qop === undefined ||
    qop
      .toLowerCase()
      .split(/[\s,]+/)
      .includes('auth');
  return isKnown ? ranks.indexOf(algorithmOf(parameters).name) : -1;
}

/**
 * The Authorization header by which Digest access (RFC 7616, and RFC 2069 where no `qop` is offered) answers a challenge that
 * has a rank.
 */
export function digestAuthorization({ parameters }: Challenge, request: DigestRequest): string {
  const { method, uri, count, clientNonce } = request;
  const { name, isSession } = algorithmOf(parameters);
  // Node reads headers as Latin-1: what comes from there is hashed as it came, the user's own texts as UTF-8.
  const hash = (...parts: string[]): string =>
    createHash(hashes[name as keyof typeof hashes])
      .update(parts.join(':'), 'latin1')
      .digest('hex');
  const user = utf8Bytes(request.user);
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const opaque = parameters.get('opaque');
  const login = hash(user, realm, utf8Bytes(request.password));
  const secret = isSession ? hash(login, nonce, clientNonce) : login;
  const target = hash(method, uri);
  const nonceCount = count.toString(16).padStart(8, '0');
  const hasQop = parameters.has('qop');
  const response = hasQop
    ? hash(secret, nonce, nonceCount, clientNonce, 'auth', target)
    : hash(secret, nonce, target);
  const isHashed = parameters.get('userhash')?.toLowerCase() === 'true';
  const fields = [
    isHashed ? `username="${hash(user, realm)}"` : userField(request.user),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    ...(parameters.has('algorithm') ? [`algorithm=${parameters.get('algorithm')}`] : []),
    `response="${response}"`,
    ...(hasQop ? ['qop=auth', `nc=${nonceCount}`] : []),
    ...(hasQop || isSession ? [`cnonce=${quoted(clientNonce)}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(isHashed ? ['userhash=true'] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

function algorithmOf(parameters: Challenge['parameters']): { name: string; isSession: boolean } {
  const algorithm = (parameters.get('algorithm') ?? 'MD5').toLowerCase();
  const isSession = algorithm.endsWith('-sess');
  return { name: isSession ? algorithm.slice(0, -'-sess'.length) : algorithm, isSession };
}

/** Headers hold ASCII; other names have a form of their own (RFC 8187). */
function userField(user: string): string {
  if (/^[\x20-\x7e]*$/.test(user)) return `username=${quoted(user)}`;
  const hex = (mark: string): string => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
  return `username*=UTF-8''${encodeURIComponent(user).replace(/[!'()*]/g, hex)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
