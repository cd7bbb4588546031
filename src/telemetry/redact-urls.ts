import { hideParameters } from '../secret-parameters.js';

/** Before its colon, of at most 21 characters. */
const scheme = /\b[a-z][a-z0-9+.-]{0,20}$/i;

/** As far as the next space or quote, inside JSON too. */
const word = /(?:\\.|[^\s"\\])+/g;

/**
 * `…password=`, `…token=` and their like, quoted or not: URL queries of cameras, properties of GStreamer elements.
 * A bare quote is taken for an opening one only where that cannot swallow a part of JSON.
 */
const secretParameter = {
  name: /(?:password|passwd|passphrase|pwd|token|secret|api[_-]?key|\b(?:pass|user-pw|proxy-pw))$/i,
  value: /\\"[^"]*"|"[^"\s:,]*"|'[^'"]*'|(?:\\.|[^\s"\\&;,!])+/y,
  blanks: false,
};

/** The header of a request, as libraries print it at their most talkative: base64 hides nothing. */
const authorization = /\b(authorization:\s*(?:basic|bearer)\s+)[\w.~+/=-]+/gi;

/**
 * The text with the credentials of every URL in it replaced by `***`: user and password before the host, also where
 * the scheme was forgotten and the rest taken for a path; parameters that are named like a secret; and what
 * Authorization headers hold. Works on plain text and on text inside JSON. Where it is unclear how far a password
 * reaches, more is hidden rather than less. Its cost grows with the length of the text alone.
 */
export function redactUrls(text: string): string {
  const redacted = text.includes('@')
    ? text.replace(word, (whole) => withoutLogin(withoutUserInfo(whole)))
    : text;
  return hideParameters(redacted, secretParameter).replace(authorization, '$1***');
}

/** From the scheme up to the last @: passwords with a bare / or @ are common. Of a URL that was taken for a path, which
 *  leaves one slash, too. */
function withoutUserInfo(whole: string): string {
  const at = whole.lastIndexOf('@');
  let colon = whole.indexOf(':/');
  while (colon >= 0 && !scheme.test(whole.slice(Math.max(0, colon - 22), colon))) {
    colon = whole.indexOf(':/', colon + 1);
  }
  if (colon < 0 || at < colon) return whole;
  const rest = whole.startsWith('//', colon + 1) ? colon + 3 : colon + 2;
  return `${whole.slice(0, rest)}***${whole.slice(at)}`;
}

/** `user:password@host` after the last slash before it. */
function withoutLogin(whole: string): string {
  const at = whole.lastIndexOf('@');
  const colon = at < 0 ? -1 : whole.search(/(?<=[\w.%+-]):(?!\/)/);
  if (colon < 0 || colon > at) return whole;
  return `${whole.slice(0, whole.lastIndexOf('/', colon) + 1)}***${whole.slice(at)}`;
}
