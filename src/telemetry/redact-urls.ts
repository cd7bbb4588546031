/**
 * A URL as far as the next space or quote, inside JSON too; taken whole, so that a long line is read once. Of one that
 * was taken for a path a slash is left.
 */
const url = /\b([a-z][a-z0-9+.-]{0,20}:\/{1,2})((?:\\.|[^\s"\\])*)/gi;

/**
 * `…password=`, `…token=` and their like, quoted or not: URL queries of cameras, properties of GStreamer elements.
 * A bare quote is taken for an opening one only where that cannot swallow a part of JSON.
 */
const secretParameter =
  /\b([a-z0-9_-]{0,30}(?:password|passwd|passphrase|pwd|token|secret|api[_-]?key)|pass|user-pw|proxy-pw)=(?:\\"[^"]*"|"[^"\s:,]*"|'[^'"]*'|(?:\\.|[^\s"\\&;,!])+)/gi;

/** As far as the next space or quote, inside JSON too. */
const word = /(?:\\.|[^\s"\\])+/g;

/** The header of a request, as libraries print it at their most talkative: base64 hides nothing. */
const authorization = /\b(authorization:\s{0,9}(?:basic|bearer)\s{1,9})[\w.~+/-]+=*/gi;

/**
 * The text with the credentials of every URL in it replaced by `***`: user and password before the host, also where
 * the scheme was forgotten and the rest taken for a path; parameters that are named like a secret; and what
 * Authorization headers hold. Works on plain text and on text inside JSON. Where it is unclear how far a password
 * reaches, more is hidden rather than less.
 */
export function redactUrls(text: string): string {
  let redacted = text;
  if (redacted.includes('@')) redacted = redacted.replace(url, withoutUserInfo).replace(word, withoutLogin);
  if (redacted.includes('=')) redacted = redacted.replace(secretParameter, '$1=***');
  return redacted.replace(authorization, '$1***');
}

/** Up to the last @: passwords with a bare / or @ are common. */
function withoutUserInfo(whole: string, scheme: string, rest: string): string {
  const at = rest.lastIndexOf('@');
  return at < 0 ? whole : `${scheme}***${rest.slice(at)}`;
}

/** `user:password@host` after the last slash before it. */
function withoutLogin(whole: string): string {
  const at = whole.lastIndexOf('@');
  const colon = at < 0 ? -1 : whole.search(/(?<=[\w.%+-]):(?!\/)/);
  if (colon < 0 || colon > at) return whole;
  return `${whole.slice(0, whole.lastIndexOf('/', colon) + 1)}***${whole.slice(at)}`;
}
